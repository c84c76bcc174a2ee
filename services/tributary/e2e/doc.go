// Package e2e holds the tests of the whole program: the road from a provider's
// door to an agent's screen and back, the promises, and what happens to it when
// somebody means it ill. Each promise has a test with its number in the name,
// and a comment that says how to break the promise and see that test fail.
package e2e
