// Package provider is how adapters speak to providers over HTTP: the calls with
// which messages go out, and the opening of files that came in.
//
// It owns what every adapter must get right in the same way: no redirect is
// followed with credentials, no answer is read without a bound, no call lasts
// longer than its context, the environment's proxy is not used, addresses inside
// our own network are not reached unless the inbox says so, and after a failure
// it is known whether the request may have left. It knows no provider.
package provider
