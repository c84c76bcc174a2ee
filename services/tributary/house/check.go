package house

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/services/email/vouch"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
)

// ErrSettings wraps everything that is wrong about the settings themselves: the
// same call fails again until somebody changes them.
var ErrSettings = errors.New("settings")

// maxReplicas is the most copies of a stream that NATS keeps.
const maxReplicas = 5

// Check says which settings no program could work with, all of them at once. What
// only the machine can tell, as whether a port is free, is found out at start.
func (s *Settings) Check() error {
	if err := errors.Join(s.checkRoles(), s.checkAddresses(), s.checkNumbers(), s.checkOthers()); err != nil {
		return fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return nil
}

func (s *Settings) checkRoles() error {
	for _, r := range s.Roles {
		if !slices.Contains(allRoles, r) {
			return fmt.Errorf("--roles: no role %q; there are %s", r, strings.Join(allRoles, ", "))
		}
	}
	if len(s.Roles) > 0 && len(s.Roles) < len(allRoles) && s.NATSURL == "" {
		return errors.New("--roles: some roles without a nats-url: the others could not be reached")
	}
	return nil
}

func (s *Settings) checkAddresses() error {
	var errs []error
	errs = append(errs, address("listen", s.Listen, 0))
	if s.has("email") {
		errs = append(errs, address("smtp-listen", s.SMTPListen, 0))
	}
	if s.SMTPRelay != "" {
		errs = append(errs, address("smtp-relay", s.SMTPRelay, 1))
	}
	if s.PublicURL != "" {
		at, err := url.Parse(s.PublicURL)
		if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" || at.Fragment != "" || at.User != nil {
			errs = append(errs, fmt.Errorf("--public-url: %q is not like https://inbox.example.com", s.PublicURL))
		}
	}
	// A NATS address may hold a password, so it is not repeated.
	for at := range strings.SplitSeq(s.NATSURL, ",") {
		if at = strings.TrimSpace(at); at == "" {
			continue
		}
		if !strings.Contains(at, "://") {
			at = "nats://" + at
		}
		if to, err := url.Parse(at); err != nil || to.Hostname() == "" {
			errs = append(errs, errors.New("--nats-url: not like nats://host:4222"))
		}
	}
	return errors.Join(errs...)
}

// address wants host:port, the port being a number from least.
func address(name, value string, least int) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return fmt.Errorf("--%s: %q is not host:port", name, value)
	}
	if n, err := strconv.Atoi(port); err != nil || n < least || n > 65535 {
		return fmt.Errorf("--%s: %q has no port from %d to 65535", name, value, least)
	}
	return nil
}

func (s *Settings) checkNumbers() error {
	var errs []error
	if s.SMTPMaxBytes < 0 {
		errs = append(errs, errors.New("--smtp-max-bytes: less than nothing"))
	}
	if s.Replicas < 0 || s.Replicas > maxReplicas {
		errs = append(errs, fmt.Errorf("--replicas: from 1 to %d", maxReplicas))
	}
	if s.KeepInbound < 0 {
		errs = append(errs, errors.New("--keep-inbound: less than nothing"))
	}
	return errors.Join(errs...)
}

func (s *Settings) checkOthers() error {
	var errs []error
	if s.Data == "" {
		errs = append(errs, errors.New("--data: name a folder"))
	}
	if _, err := s.zone(); err != nil {
		errs = append(errs, fmt.Errorf("--zone: %w", err))
	}
	if _, err := vouch.Open(s.MailDNS, zerolog.Nop()); err != nil {
		errs = append(errs, fmt.Errorf("--mail-dns: %w", err))
	}
	if (s.SMTPCert == "") != (s.SMTPKey == "") {
		errs = append(errs, errors.New("--smtp-cert and --smtp-key: one is of no use without the other"))
	}
	if s.AdminEmail != "" && !strings.Contains(s.AdminEmail, "@") {
		errs = append(errs, errors.New("--admin-email: no e-mail address"))
	}
	if len(s.AdminPassword) > auth.MaxPassword {
		errs = append(errs, fmt.Errorf("--admin-password: over %d bytes", auth.MaxPassword))
	}
	return errors.Join(errs...)
}
