// Package search is full text over messages and contacts, by bleve.
//
// The index trails the views: it follows the feed of decisions at its own pace,
// waits for the views to hold what it is about to index, and reads the message
// or the contact as it now is out of them. What was edited is indexed anew, what
// was removed leaves. Its place in the log is stored inside the index, in the
// same batch as the documents, so the two cannot disagree; delete the index and
// it is made again. It works at most half of the time, so that it never starves
// those who serve people; Lag says how far it is behind.
//
// # Words
//
// Text is brought to one form (NFKC, lower case, no accents) and cut by script.
// Latin, digits and the like make words. Hangul, and Chinese and Japanese, make
// pairs of neighbouring characters, so that 배송 finds 배송이 and 배송조회 without
// a dictionary, and the last character of a run stands alone as well, so that one
// character finds it wherever it stands. The last word of a query is a prefix:
// search goes on as one types. A telephone number is found by any of its digits
// in a row, four or more, however it is punctuated.
package search
