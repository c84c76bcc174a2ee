// Package markup makes the HTML of a stranger harmless and readable: Sanitise
// for the console, Text for search, lists and plain answers. It does not look
// for quoted replies; package reply does, and hands its findings to Render.
//
// The HTML tree is never wider than its input and never deeper than 512
// elements (the parser of x/net/html stops there); deeper input is read as a
// flat stream of tokens. Callers bound the length. Everything is stateless and
// safe for concurrent use.
package markup
