// Package rig is what the tests of the whole program share: the program itself,
// in this process or as a child that can be killed, and everybody who stands
// around it (an administrator and agents over REST, an agent's socket, a
// visitor's socket, a mail client, a mail relay, a receiver of answers).
//
// Nothing here knows the inside of a service: what a test sees, an outside
// program would see. Every helper fails the test it was given; those whose name
// begins with Try return what happened instead, for tests in which the program
// dies. All waiting is for a condition, with [Eventually].
package rig
