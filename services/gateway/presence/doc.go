// Package presence keeps what lives in memory only: which agents are there, who
// is typing and who looks at a conversation. Every gateway tells the others over
// core NATS and repeats what is true of its own sockets every twenty seconds;
// what is not repeated within fifty is over, so a gateway that died leaves no
// ghosts.
//
// Nothing here is promised: a notice may be lost, and nobody may decide anything
// by it. The number of agents and conversations remembered is bounded, so a
// flood from another process costs a fixed amount of memory.
package presence
