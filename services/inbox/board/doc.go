// Package board keeps the supervisors' numbers as the log tells them. It is pure:
// settings and decisions go in, and the board as it stands at a time comes out.
// It stores nothing and sends nothing. The same decisions in the same order give
// the same board, so one that is lost is made anew from the log.
//
// # Cost
//
// Every number is kept, none is counted when it is asked for. A decision changes
// the lines under which its conversations stand (the total, a queue, its teams, a
// channel, an inbox, an aside) and nothing else; who waits the longest stands on top of a
// heap that each line keeps. What changes with time alone, callbacks that come
// due and what falls out of the last minutes, is settled when the board is asked.
//
// # Words
//
// A conversation that is neither open nor snoozed, and has promised no call, is
// forgotten. Its channel and inbox are those of what the customer said last; when
// it comes back without a word of theirs, the last ones of its row.
//
// An arrival begins to wait in a line and a departure ceases to, so what is moved
// to another queue departs from one and arrives in the other, and in the total
// nothing happened. What is given away in the very decision it came with did not
// wait.
//
// The expected wait of who comes now is
//
//	agent time spent available ÷ conversations taken × (waiting + 1) ÷ agents available
//
// where the first two are of the last 15 minutes and the others of now. It is
// nought where nobody waits and an available agent has room, and there is none
// where fewer than [MinTaken] were taken or nobody is available.
//
// An inbox brings work for the teams of the queue that it fills and for the team that it
// gives to, and for everybody where there are none. Those are its agents, and those of
// its channel; and its books are also those of its channel, its queue and those teams.
// They follow the settings of now, while what stood or happened in a line stays there.
//
// A [Board] and a [Watch] are for one goroutine each.
package board
