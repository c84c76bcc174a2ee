package profile

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
)

// maxHosts bounds media_hosts.
const maxHosts = 64

var hostName = regexp.MustCompile(`^\.?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

// completeHosts refuses what is no name: one with a scheme would match no file,
// and a dot before a whole top-level domain nearly any. Inside one's own network
// addresses, single names and ports are names too.
func (s *Settings) completeHosts() error {
	if len(s.MediaHosts) > maxHosts {
		return fmt.Errorf("media_hosts: more than %d", maxHosts)
	}
	for _, host := range s.MediaHosts {
		if len(host) > 253 || !hostName.MatchString(host) && !(s.AllowPrivate && isPrivate(host)) {
			return fmt.Errorf("media_hosts: %q is not a host name in lower case, like files.example.com or .example.com", cut(host, 60))
		}
	}
	return nil
}

var singleName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

func isPrivate(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err == nil || singleName.MatchString(u.Hostname())
}
