// Package profile turns the body of a webhook into statements, and checks that
// the request comes from whom it says.
//
// It owns three things and no connection, clock or store: the checks of a
// request ([Settings.Verify]), the shapes of bodies ([Settings.Read]) and the
// explanation of a sample for whoever sets an inbox up ([Settings.Explain]).
//
// # Shapes
//
//   - plain: one message as this project defines it, one object a request.
//     Whoever posts it wrote it for us, so what does not fit is refused with a
//     status and a sentence about the field. The press of a button is a message
//     whose value stands at /pressed and whose label is its text.
//   - standard: Standard Webhooks 1.0. The body is a plain message, or
//     {"type","timestamp","data"} with a plain message in data. Types that are
//     not about messages are kept as unknown.
//   - mapped: any JSON, described field by field with JSON pointers (RFC 6901).
//     The sender did not write it for us and cannot be taught, so what does not
//     fit is kept, raw, as unknown and answered with success.
//
// In each of them a CloudEvents 1.0 envelope (binary, structured or batch) is
// taken off first. One bad item of a batch never fails the others.
//
// # Trust
//
// Addresses in a body count as stated: the path of the hook is a secret, and a
// signature proves which system speaks, not which customer. The setting trust
// can lower that to claimed. Nothing here is ever proved.
package profile
