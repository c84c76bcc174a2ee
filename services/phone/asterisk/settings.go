package asterisk

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// Kind is the channel's name.
const Kind = "asterisk"

// SecretAMI is the secret of the manager account.
const SecretAMI = "ami_secret"

// Settings are those of one exchange. File, CELFile or AMI says where records
// come from; at least File or AMI is needed.
type Settings struct {
	exchange.Common
	// File is the CDR file below the folder of phone files.
	File string `json:"file,omitempty"`
	// UniqueID, UserField and NewColumns are loguniqueid, loguserfield and
	// newcdrcolumns of cdr.conf: which columns follow the first sixteen.
	UniqueID   bool `json:"unique_id,omitempty"`
	UserField  bool `json:"user_field,omitempty"`
	NewColumns bool `json:"new_columns,omitempty"`
	// Columns is the layout of a cdr_custom file, by the names of the CDR
	// specification; an empty name is a column that is not read. It replaces the
	// three above.
	Columns []string `json:"columns,omitempty"`
	// Trunks are the beginnings of the names of channels that lead out of the
	// house, such as PJSIP/provider.
	Trunks []string `json:"trunks,omitempty"`
	// InboundContexts are the dialplan contexts that calls from outside enter.
	InboundContexts []string `json:"inbound_contexts,omitempty"`
	// CELFile is the channel event log, CELColumns its layout if it is not the
	// documented one.
	CELFile    string   `json:"cel_file,omitempty"`
	CELColumns []string `json:"cel_columns,omitempty"`
	// AMI is host:port of the manager interface. AllowPrivate lets it be inside
	// our own network; AMITLS encrypts it.
	AMI          string `json:"ami,omitempty"`
	AMIUser      string `json:"ami_user,omitempty"`
	AMITLS       bool   `json:"ami_tls,omitempty"`
	AllowPrivate bool   `json:"allow_private,omitempty"`
}

var (
	base = []string{"accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata",
		"start", "answer", "end", "duration", "billsec", "disposition", "amaflags"}
	added    = []string{"peeraccount", "linkedid", "sequence"}
	celOrder = []string{"eventtype", "eventtime", "cidname", "cidnum", "ani", "rdnis", "dnid", "exten", "context", "channame",
		"appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "bridgepeer", "userfield", "userdeftype", "extra"}
)

// Reader reads the records of one inbox. It holds no state and may be shared.
type Reader struct {
	Settings
	House *exchange.House

	columns []string
	cel     []string
}

// NewReader reads an inbox's settings.
func NewReader(inbox config.Inbox) (*Reader, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, err
	}
	return s.open(inbox.Secrets[SecretAMI])
}

func (s *Settings) open(secret string) (*Reader, error) {
	house, err := s.Common.Open(true)
	if err != nil {
		return nil, err
	}
	if s.File == "" && s.AMI == "" {
		return nil, errors.New("file or ami: say where the records come from")
	}
	for _, name := range []string{s.File, s.CELFile} {
		if err := exchange.CheckPath(name); err != nil {
			return nil, err
		}
	}
	if err := s.checkAMI(secret); err != nil {
		return nil, err
	}
	if len(s.InboundContexts) == 0 {
		s.InboundContexts = []string{"from-trunk", "from-pstn", "from-did-direct"}
	}
	r := &Reader{Settings: *s, House: house, columns: s.layout(), cel: s.CELColumns}
	if len(r.cel) == 0 {
		r.cel = celOrder
	}
	return r, r.checkColumns()
}

func (s *Settings) checkAMI(secret string) error {
	if s.AMI == "" {
		return nil
	}
	if host, port, err := net.SplitHostPort(s.AMI); err != nil || host == "" || port == "" {
		return errors.New("ami: host:port")
	}
	if s.AMIUser == "" || secret == "" {
		return fmt.Errorf("ami: needs ami_user and the secret %s", SecretAMI)
	}
	// The protocol is lines: a line break would be another command.
	if strings.ContainsAny(s.AMIUser+secret, "\r\n") {
		return errors.New("ami: user and secret are one line each")
	}
	return nil
}

func (s *Settings) layout() []string {
	if len(s.Columns) > 0 {
		return s.Columns
	}
	columns := slices.Clone(base)
	if s.UniqueID {
		columns = append(columns, "uniqueid")
	}
	if s.UserField {
		columns = append(columns, "userfield")
	}
	if s.NewColumns {
		columns = append(columns, added...)
	}
	return columns
}

func (r *Reader) checkColumns() error {
	known := append(append(slices.Clone(base), added...), "uniqueid", "userfield", "")
	seen := map[string]bool{}
	for _, c := range r.columns {
		if !slices.Contains(known, c) {
			return fmt.Errorf("columns: %q is not in the CDR specification", c)
		}
		if c != "" && seen[c] {
			return fmt.Errorf("columns: %s stands twice", c)
		}
		seen[c] = true
	}
	for _, need := range []string{"src", "dst", "start", "end", "disposition"} {
		if !seen[need] {
			return fmt.Errorf("columns: %s is missing", need)
		}
	}
	for _, need := range []string{"eventtype", "linkedid"} {
		if !slices.Contains(r.cel, need) {
			return fmt.Errorf("cel_columns: %s is missing", need)
		}
	}
	return nil
}

// Adapter is the kind asterisk. It has no state.
type Adapter struct{}

// New makes the adapter.
func New() *Adapter { return &Adapter{} }

// Kind is "asterisk".
func (*Adapter) Kind() string { return Kind }

// SecretNames is the manager account's secret.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{SecretAMI} }

// Check reads the settings and fills in defaults.
func (*Adapter) Check(inbox *config.Inbox) error {
	r, err := NewReader(*inbox)
	if err != nil {
		return err
	}
	return exchange.Encode(inbox, r.Settings)
}
