package mailparse

import (
	"sort"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

// flagSet collects flags while a mail is read.
type flagSet struct{ set map[Flag]bool }

func (f *flagSet) add(flag Flag) {
	if f.set == nil {
		f.set = map[Flag]bool{}
	}
	f.set[flag] = true
}

func (f *flagSet) decoded(d charset.Result) {
	if d.Guessed {
		f.add(FlagCharsetGuessed)
	}
	if d.Damaged {
		f.add(FlagCharsetDamaged)
	}
}

func (f *flagSet) sorted() []Flag {
	out := make([]Flag, 0, len(f.set))
	for flag := range f.set {
		out = append(out, flag)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// Has reports whether the mail carries a flag.
func (m *Mail) Has(flag Flag) bool {
	for _, f := range m.Flags {
		if f == flag {
			return true
		}
	}
	return false
}
