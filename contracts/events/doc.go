// Package events holds what crosses the two streams of Tributary: what an
// adapter states ([Inbound]), what the router decides ([Decision], made of
// facts) and what a channel service is asked to send ([SendRequest]).
//
// Everything here is immutable once published. A new field is optional, a new
// meaning is a new fact type, and a changed shape is a new version with an
// upcaster in upcast.go. The golden samples in testdata/golden are never
// edited, only added to.
//
// Wire form: JSON, one message of a stream per Inbound or Decision. Subjects
// and streams are spelled in subjects.go and streams.go and nowhere else.
package events
