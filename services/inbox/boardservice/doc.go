// Package boardservice keeps the supervisors' board as it stands, tells what
// changes on it, and shows it as it stood at any past minute. How a decision
// changes a number is package board's business.
//
// # Where it comes from
//
// From two streams and nothing else: the log of decisions, and the bucket of
// settings with its history. Both are read side by side in the order in which the
// server stored them, so that a decision of last week counts under the teams and
// queues of last week, whether it is applied as it comes or read again later. (The
// two come on their own ways: of a decision and a setting that are stored within
// the same few milliseconds, either may be applied first while they come.) The
// bucket keeps 64 values of a setting; what was before those is not known any
// more, and the oldest one that is kept holds from its own time on.
//
// # What it keeps
//
// In its folder, files of the board as it stood: one of every hour of the last
// day, one of every day of the last two weeks, and of all time so many that at most
// 50 000 decisions lie between two, as long as they fit into half a gigabyte; then
// they stand further apart. A start reads the newest that can be used and the log
// after it; the past is replayed from the one before. Each begins with a checksum, names the decision it stands for with its
// time, and is deleted when the log has none such. All of them may be deleted at
// any time: the board is then made anew from the log. They hold no name, address
// or word of a customer.
//
// # What it tells
//
// While a gateway says that somebody looks, every change within 250 ms of the
// decision and at most four a second, on events.BoardSubject; see
// queries.BoardChange. One board is worked out for all who look, however many they
// are. With several inboxes each tells of its own board, under its own name.
package boardservice
