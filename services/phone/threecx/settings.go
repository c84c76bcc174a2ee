package threecx

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// Kind is the channel's name.
const Kind = "threecx"

// Settings are those of one exchange. At least one of File, Listen and Connect
// says where records come from.
type Settings struct {
	exchange.Common
	// File is the record file below the folder of phone files.
	File string `json:"file,omitempty"`
	// Listen is the address, host:port, at which the exchange connects to us, and
	// AllowFrom the addresses (CIDR) it may come from: there is no other proof.
	Listen    string   `json:"listen,omitempty"`
	AllowFrom []string `json:"allow_from,omitempty"`
	// Connect is host:port of the exchange's passive socket; AllowPrivate lets it
	// be inside our own network.
	Connect      string `json:"connect,omitempty"`
	AllowPrivate bool   `json:"allow_private,omitempty"`
	// Fields is the order of fields in a record; all that are documented, in the
	// documented order, when empty.
	Fields []string `json:"fields,omitempty"`
}

var documented = []string{
	"historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no", "to-no",
	"from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate", "bill-cost",
	"bill-name", "chain", "from-type", "to-type", "final-type", "from-dispname", "to-dispname", "final-dispname", "missed-queue-calls",
}

// Reader reads the records of one inbox. It holds no state and may be shared.
type Reader struct {
	Settings
	House *exchange.House

	from []netip.Prefix
}

// NewReader reads an inbox's settings.
func NewReader(inbox config.Inbox) (*Reader, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, err
	}
	return s.open()
}

func (s *Settings) open() (*Reader, error) {
	house, err := s.Common.Open(true)
	if err != nil {
		return nil, err
	}
	if s.File == "" && s.Listen == "" && s.Connect == "" {
		return nil, errors.New("file, listen or connect: say where the records come from")
	}
	if err := exchange.CheckPath(s.File); err != nil {
		return nil, err
	}
	for name, address := range map[string]string{"listen": s.Listen, "connect": s.Connect} {
		if _, port, err := net.SplitHostPort(address); address != "" && (err != nil || port == "") {
			return nil, fmt.Errorf("%s: host:port", name)
		}
	}
	if len(s.Fields) == 0 {
		s.Fields = slices.Clone(documented)
	}
	for i, f := range s.Fields {
		if !slices.Contains(documented, f) || slices.Contains(s.Fields[:i], f) {
			return nil, fmt.Errorf("fields: %q is unknown or stands twice", f)
		}
	}
	for _, need := range []string{"time-start", "from-no", "to-no"} {
		if !slices.Contains(s.Fields, need) {
			return nil, fmt.Errorf("fields: %s is missing", need)
		}
	}
	if !slices.Contains(s.Fields, "historyid") && !slices.Contains(s.Fields, "callid") {
		return nil, errors.New("fields: historyid or callid is missing")
	}
	if !slices.Contains(s.Fields, "time-end") && !slices.Contains(s.Fields, "duration") {
		return nil, errors.New("fields: time-end or duration is missing")
	}
	r := &Reader{Settings: *s, House: house}
	for _, text := range s.AllowFrom {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, errors.New("allow_from: networks such as 10.0.0.5/32")
		}
		r.from = append(r.from, p)
	}
	if s.Listen != "" && len(r.from) == 0 {
		return nil, errors.New("allow_from: name the addresses the exchange may connect from")
	}
	return r, nil
}

// Allowed says that the exchange may connect from this address.
func (r *Reader) Allowed(addr netip.Addr) bool {
	return slices.ContainsFunc(r.from, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// Adapter is the kind threecx. It has no state.
type Adapter struct{}

// New makes the adapter.
func New() *Adapter { return &Adapter{} }

// Kind is "threecx".
func (*Adapter) Kind() string { return Kind }

// SecretNames are none: the exchange has none to give.
func (*Adapter) SecretNames(config.Inbox) []string { return nil }

// Check reads the settings and fills in defaults.
func (*Adapter) Check(inbox *config.Inbox) error {
	r, err := NewReader(*inbox)
	if err != nil {
		return err
	}
	return exchange.Encode(inbox, r.Settings)
}
