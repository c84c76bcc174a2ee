package house

import (
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/services/email/mailchannel"
)

// Settings is everything a person can set from outside. Every field has a
// working default.
type Settings struct {
	Data          string        `default:"./tributary-data" help:"Folder for everything that is kept."`
	Listen        string        `default:"127.0.0.1:8080" help:"Address for HTTP: console, REST, sockets, hooks. Port 0 picks one."`
	SMTPListen    string        `name:"smtp-listen" default:"127.0.0.1:2525" help:"Address for incoming mail. Port 0 picks one."`
	SMTPRelay     string        `name:"smtp-relay" default:"127.0.0.1:25" help:"Relay that takes outgoing mail, as host:port; an inbox may name its own."`
	SMTPRelayUser string        `name:"smtp-relay-user" help:"User name at the relay."`
	SMTPRelayPass string        `name:"smtp-relay-password" secret:"" help:"Password at the relay."`
	SMTPRelayTLS  string        `name:"smtp-relay-tls" default:"opportunistic" enum:"none,opportunistic,starttls,implicit" help:"TLS towards the relay."`
	SMTPHostname  string        `name:"smtp-hostname" default:"localhost" help:"Name this server gives itself in SMTP."`
	SMTPCert      string        `name:"smtp-cert" help:"Certificate file for STARTTLS; one is made when absent."`
	SMTPKey       string        `name:"smtp-key" help:"Key file for STARTTLS."`
	SMTPMaxBytes  int64         `name:"smtp-max-bytes" default:"26214400" help:"Largest mail taken, in bytes."`
	MailDNS       string        `name:"mail-dns" default:"system" help:"Resolver that is asked whether a mail's domain vouches for it (SPF, DKIM, DMARC): system, off, or host:port."`
	NATSURL       string        `name:"nats-url" help:"External NATS instead of the embedded one."`
	NATSToken     string        `name:"nats-token" secret:"" help:"Token for the external NATS."`
	Replicas      int           `default:"1" help:"Copies of each stream in an external cluster."`
	Roles         []string      `help:"Which services run here: router,inbox,gateway,dispatch,email,webchat,webhook,social,phone,commerce,telemetry,media,automation. Default all."`
	LogFormat     string        `default:"console" enum:"console,json" help:"How log lines look."`
	LogLevel      string        `default:"info" enum:"debug,info,warn,error" help:"Which log lines are written."`
	PhoneFiles    string        `name:"phone-files" help:"Folder below which log files of telephone exchanges are read; a folder in the data folder when empty."`
	KeepInbound   time.Duration `default:"336h" help:"How long statements of providers are kept, raw included."`
	Zone          string        `help:"Time zone of the house as an IANA name, such as Asia/Seoul: a day of the board and of reports begins at its midnight. The machine's when empty."`
	PublicURL     string        `name:"public-url" help:"Address under which the outside reaches this server. Some providers fetch the files of answers from it, if it is https."`
	AdminEmail    string        `help:"E-mail of the administrator made at the first start."`
	AdminPassword string        `secret:"" help:"Password of that administrator; one is made and printed when absent."`
	Pprof         bool          `help:"Serve profiles under /debug/pprof to administrators on loopback."`
}

// allRoles in the order in which they start: readers before writers.
var allRoles = []string{"inbox", "router", "gateway", "dispatch", "webchat", "webhook", "email", "social", "phone", "commerce", "telemetry", "media", "automation"}

func (s *Settings) has(role string) bool { return len(s.Roles) == 0 || slices.Contains(s.Roles, role) }

// relay is the way out for mail inboxes that name none of their own.
func (s *Settings) relay() mailchannel.Relay {
	if s.SMTPRelay == "" {
		return mailchannel.Relay{}
	}
	host, port, err := net.SplitHostPort(s.SMTPRelay)
	if err != nil {
		host, port = s.SMTPRelay, "0"
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		n = 0
	}
	return mailchannel.Relay{Host: host, Port: n, Username: s.SMTPRelayUser, Password: s.SMTPRelayPass, TLS: s.SMTPRelayTLS}
}
