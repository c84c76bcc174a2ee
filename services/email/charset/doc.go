// Package charset turns the bytes of a mail into UTF-8 whatever their label
// says. It owns the alias table (mail uses many names that IANA and WHATWG do
// not list, above all for Korean), the decoders that x/text lacks
// (ISO-2022-KR, UTF-7) and the rules for labels that lie. It does not own
// transfer encodings or encoded-words; those belong to package mailparse.
//
// Nothing here fails: what cannot be decoded becomes U+FFFD and the Result
// says so. The output is always valid UTF-8. All functions are safe for
// concurrent use and keep no state.
package charset
