// Package freeswitch reads the call records that FreeSWITCH's mod_json_cdr posts
// when a channel hangs up: one request, one leg.
//
// The module sends JSON as it is, or in a form field, percent-encoded or in
// base64, and by default percent-encodes every string within the JSON once more.
// All of them are read. Whatever is refused here FreeSWITCH tries again and then
// writes to a folder of its own, so nothing is lost by a refusal.
//
// call_uuid holds the legs of one call together; the leg whose uuid it is belongs
// to whoever called, and ends the call. Times are microseconds, nought for never.
// Legs of the far side come only where log-b-leg is set; without them the first
// leg tells whether somebody was bridged to it.
//
// Sources: mod_json_cdr.c and switch_ivr.c of FreeSWITCH, and its documentation.
package freeswitch
