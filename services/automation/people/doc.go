// Package people remembers of every contact what expressions see: it folds the
// log into people.db and answers what is known of one contact, or of all.
//
// The file is a projection: delete it, and it comes out the same. Its bucket
// "contact" holds one [Record] by the contact's id. A contact that was folded into
// another keeps its record, so that taking it out again is exact; what is seen of
// the one that stands is theirs and that of all who were folded in.
//
// For whoever asks about the past the file keeps former records too: in the bucket
// "former", by day and contact, of whom the day changed, as they stood when it began;
// in "day" the place of a day's first decision. Days are told apart by the times of
// the decisions, and fifteen are kept. See [Memory.Past]. What is erased of a contact
// is erased there as well; "erased" notes what that was, because the log still has it.
//
// What has changed about whom is told to one listener, the segments; see
// [Memory.Changed]. Every process of a cluster keeps a memory of its own.
package people
