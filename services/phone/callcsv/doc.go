// Package callcsv reads the call lists that telephone providers and exchanges
// export as CSV, whatever their columns are called.
//
// The settings of an inbox map the header of its files to what a call is made
// of. Files come by upload, by a POST to the inbox's hook, or from a watched
// folder. Encodings are told apart by themselves: UTF-8 with or without a byte
// order mark, UTF-16 with one, and field by field CP949, which Korean
// spreadsheets write. A row is one leg and ends its call; rows that name the same
// call are folded.
//
// A row that cannot be read is rejected with its line and reason, and the others
// are taken. The id of a row comes from the columns that the settings say tell
// rows apart, so the same file again, or a longer one that repeats it, changes
// nothing. Exports stand in any order, so local times in the hour that clocks show
// twice are told apart by the row's own seconds only.
package callcsv
