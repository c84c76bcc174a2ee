// Package screens holds the tests of the console and the widget in a real browser,
// against the whole program. They stand beside those of package e2e so that both
// run at once: a browser mostly waits.
package screens
