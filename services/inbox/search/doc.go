// Package search is full text over messages and contacts, by bleve.
//
// The index trails the views: it follows the feed of decisions at its own pace,
// waits for the views to hold what it is about to index, and reads the message
// or the contact as it now is out of them. What was edited is indexed anew, what
// was removed leaves. Its place in the log is stored inside the index, in the
// same batch as the documents, so the two cannot disagree; delete the index and
// it is made again. It works at most half of the time, so that it never starves
// those who serve people; Lag says how far it is behind. It is written to disk
// now and then, and when it stops: after a crash, or where the disk takes longer
// than a few seconds at a stop, the last part of it is made again.
//
// # Words
//
// Text is brought to one form (NFKC, lower case, no accents) and cut by script.
// Latin, digits and the like make words; of messages English ones are found in all
// their forms, delivery in deliveries, for their stems are words too. Hangul, and Chinese and Japanese, make
// pairs of neighbouring characters, so that 배송 finds 배송이 and 배송조회 without
// a dictionary; one character alone is found wherever it stands. The last word
// of a query is a beginning: search goes on as one types. A telephone number is
// found by any of its digits in a row, four or more, however it is punctuated.
//
// # Newest first
//
// Messages are ranked by their place in the log and by nothing else. To sort all
// that hold a common word would take time in proportion to the whole log, so a
// search looks into a window of the newest messages first and goes back in ever
// larger ones, until it has what was asked for: a common word is found in the
// first, a rare one is cheap in the largest. Every message carries the number of
// its window at each of four sizes as terms.
package search
