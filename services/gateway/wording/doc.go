// Package wording puts refusals into the language of who reads them.
//
// Every room of the program refuses in English, in a sentence that is a constant or
// has a few places for numbers and names. That sentence is the identity of the
// refusal: a catalogue has it, with its places written as %s, and the same in Korean.
// A finished sentence is found again by its fixed parts, so the rooms behind know of
// no language, and one that another process sent as text is found as well. What stands
// in a place may be such a sentence itself and is then put into the language too;
// anything else stays as it was said.
//
// [Door] does this for every answer over HTTP that is an RFC 9457 problem, whoever
// wrote it, by Accept-Language (RFC 9110 §12.5.4); sockets ask [Language.Say]. A
// sentence that no catalogue has stays English, and a test walks the sources for one
// that the gateway or the router could say.
package wording
