// Package server is the gateway as one service: it owns the hub, the sockets,
// presence and the REST interface, puts them behind one set of HTTP patterns
// with one set of security headers, and starts and stops them together.
//
// It listens on no port itself: Routes puts its patterns on the caller's mux,
// beside those of other services. Who serves that mux sets ReadHeaderTimeout and
// MaxHeaderBytes, for which [HTTPServer] has the values.
package server
