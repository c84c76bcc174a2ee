package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// How long a session lives; see the package comment.
const (
	IdleLifetime  = 12 * time.Hour
	TotalLifetime = 30 * 24 * time.Hour
	renewAfter    = 30 * time.Minute
)

// ErrSignIn is every sign-in that failed for its own fault; it never says
// whether the account exists. ErrSession is a token that is missing, wrong,
// ended, or of an agent who may no longer sign in.
var (
	ErrSignIn = errors.New("e-mail or password is wrong")
	// ErrPassword is a change of one's own password without the present one.
	ErrPassword = errors.New("the present password is wrong")
	ErrSession  = errors.New("not signed in")
)

// TooMany says that an address or an account failed too often.
type TooMany struct{ After time.Duration }

// Error names the pause in seconds.
func (t *TooMany) Error() string {
	return fmt.Sprintf("too many failed sign-ins: try again in %d s", int(t.After.Seconds())+1)
}

// Tables are the settings this package reads and writes. The caller owns them.
type Tables struct {
	Agents   *kv.Table[config.Agent]
	Queues   *kv.Table[config.Queue]
	Inboxes  *kv.Table[config.Inbox]
	Sessions *kv.Table[config.Session]
}

// Service checks who is asking. Its methods may be called from any goroutine.
type Service struct {
	tables  Tables
	clock   clock.Clock
	hashers *hashers
	byIP    *failures
	byEmail *failures
	decoy   string // a hash nobody has the password of, for accounts that do not exist

	mu      sync.Mutex // guards viewers and the channels that make it stale
	viewers map[events.AgentID]*access.Viewer
	agents  <-chan struct{}
	queues  <-chan struct{}
	inboxes <-chan struct{}
}

// New makes the service. It computes one hash, which takes some 30 ms.
func New(ctx context.Context, tables Tables, c clock.Clock) (*Service, error) {
	s := &Service{
		tables: tables, clock: c, hashers: newHashers(),
		byIP: newFailures(6*time.Second, 10), byEmail: newFailures(10*time.Second, 20),
	}
	var err error
	s.decoy, err = s.hashers.hash(ctx, newToken())
	return s, err
}

// Session is a request or socket that is signed in. Key is the name under which
// the session is kept; it is not a secret, and no token can be made from it.
type Session struct {
	Key       string
	Viewer    *access.Viewer
	ExpiresAt time.Time
}

// SignIn checks a password and begins a session. The token is returned once and
// is stored nowhere. ip is the caller's address, for counting failures.
func (s *Service) SignIn(ctx context.Context, ip, email, password string) (string, Session, error) {
	now := s.clock.Now()
	email = NormaliseEmail(email)
	agent, err := s.counted(ctx, ip, email, password, now)
	if err != nil {
		return "", Session{}, err
	}
	token := newToken()
	record := config.Session{Agent: agent.ID, CreatedAt: now, ExpiresAt: now.Add(IdleLifetime)}
	if _, err := s.tables.Sessions.Put(ctx, tokenKey(token), record, nil); err != nil {
		return "", Session{}, fmt.Errorf("store session: %w", err)
	}
	// Whoever changed the password meanwhile ended all sessions, perhaps before this
	// one was there to end.
	if current, _, ok := s.tables.Agents.Get(string(agent.ID)); !ok || current.Password != agent.Password {
		if err := s.SignOut(ctx, tokenKey(token)); err != nil {
			return "", Session{}, fmt.Errorf("end session: %w", err)
		}
		return "", Session{}, ErrSignIn
	}
	session, err := s.session(tokenKey(token), record)
	return token, session, err
}

// counted is check for whom has not failed too often, and counts the failure.
func (s *Service) counted(ctx context.Context, ip, email, password string, now time.Time) (config.Agent, error) {
	if wait := max(s.byIP.wait(ip, now), s.byEmail.wait(email, now)); wait > 0 {
		return config.Agent{}, &TooMany{After: wait}
	}
	agent, err := s.check(ctx, email, password)
	if errors.Is(err, ErrSignIn) {
		s.byIP.failed(ip, now)
		s.byEmail.failed(email, now)
	}
	return agent, err
}

func (s *Service) check(ctx context.Context, email, password string) (config.Agent, error) {
	agent, found := s.ByEmail(email)
	phc := agent.Password
	if !found || phc == "" || agent.Disabled || len(password) > MaxPassword {
		phc, password, found = s.decoy, "", false
	}
	ok, err := s.hashers.verify(ctx, phc, password)
	switch {
	case err != nil && !errors.Is(err, ErrHash):
		return config.Agent{}, err
	case err != nil, !ok, !found:
		return config.Agent{}, ErrSignIn
	}
	return agent, nil
}

// Confirm checks that whoever is signed in as an agent knows the present password. It
// counts failures as [Service.SignIn] does, and with them: a stolen session is no way
// to guess a password faster. The error is ErrPassword, a *TooMany or ErrBusy.
func (s *Service) Confirm(ctx context.Context, ip string, id events.AgentID, password string) error {
	agent, _, ok := s.tables.Agents.Get(string(id))
	if !ok {
		return ErrSession
	}
	_, err := s.counted(ctx, ip, agent.Email, password, s.clock.Now())
	if errors.Is(err, ErrSignIn) {
		return ErrPassword
	}
	return err
}

// ByEmail finds an agent by the address they sign in with.
func (s *Service) ByEmail(email string) (config.Agent, bool) {
	email = NormaliseEmail(email)
	for _, item := range s.tables.Agents.All() {
		if item.Value.Email == email {
			return item.Value, true
		}
	}
	return config.Agent{}, false
}

// Hash makes the stored form of a password.
func (s *Service) Hash(ctx context.Context, password string) (string, error) {
	return s.hashers.hash(ctx, password)
}

// SignOut ends a session; ending one that has ended is no error.
func (s *Service) SignOut(ctx context.Context, key string) error {
	if _, _, ok := s.tables.Sessions.Get(key); !ok {
		return nil
	}
	return s.tables.Sessions.Delete(ctx, key)
}

// EndSessions ends every session of an agent except the one named (or none).
func (s *Service) EndSessions(ctx context.Context, agent events.AgentID, except string) error {
	for _, item := range s.tables.Sessions.All() {
		if item.Value.Agent == agent && item.ID != except {
			if err := s.tables.Sessions.Delete(ctx, item.ID); err != nil {
				return fmt.Errorf("end session: %w", err)
			}
		}
	}
	return nil
}

// Forget deletes sessions that have ended. It is called now and then, so that
// the bucket does not grow with sign-ins.
func (s *Service) Forget(ctx context.Context) error {
	now := s.clock.Now()
	for _, item := range s.tables.Sessions.All() {
		if !now.Before(item.Value.ExpiresAt) {
			if err := s.tables.Sessions.Delete(ctx, item.ID); err != nil {
				return fmt.Errorf("delete ended session: %w", err)
			}
		}
	}
	return nil
}

// ByToken finds the session of a token and moves its end, if it is time to.
func (s *Service) ByToken(ctx context.Context, token string) (Session, error) {
	if !validToken(token) {
		return Session{}, ErrSession
	}
	key := tokenKey(token)
	record, rev, ok := s.tables.Sessions.Get(key)
	if !ok {
		return Session{}, ErrSession
	}
	session, err := s.session(key, record)
	if err != nil {
		return Session{}, err
	}
	s.renew(ctx, key, record, rev)
	return session, nil
}

// ByKey finds a session again by its key; sockets ask whether they still live.
func (s *Service) ByKey(ctx context.Context, key string) (Session, error) {
	record, rev, ok := s.tables.Sessions.Get(key)
	if !ok {
		return Session{}, ErrSession
	}
	session, err := s.session(key, record)
	if err == nil {
		s.renew(ctx, key, record, rev)
	}
	return session, err
}

func (s *Service) session(key string, record config.Session) (Session, error) {
	if !s.clock.Now().Before(record.ExpiresAt) {
		return Session{}, ErrSession
	}
	viewer, ok := s.Viewer(record.Agent)
	if !ok {
		return Session{}, ErrSession
	}
	return Session{Key: key, Viewer: viewer, ExpiresAt: record.ExpiresAt}, nil
}

// renew moves the end of a session that is in use. It expects the revision it
// read, so that a session signed out meanwhile does not come back; a failure
// leaves the old end, and the next use tries again.
func (s *Service) renew(ctx context.Context, key string, record config.Session, rev uint64) {
	now := s.clock.Now()
	end := now.Add(IdleLifetime)
	if last := record.CreatedAt.Add(TotalLifetime); end.After(last) {
		end = last
	}
	if end.Sub(record.ExpiresAt) < renewAfter {
		return
	}
	record.ExpiresAt = end
	_, _ = s.tables.Sessions.Put(ctx, key, record, &rev)
}

// Viewer is what an agent may see now; false when there is no such agent or
// they may not sign in.
func (s *Service) Viewer(id events.AgentID) (*access.Viewer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if closed(s.agents) || closed(s.queues) || closed(s.inboxes) {
		s.viewers = map[events.AgentID]*access.Viewer{}
		s.agents, s.queues, s.inboxes = s.tables.Agents.Changes(), s.tables.Queues.Changes(), s.tables.Inboxes.Changes()
	}
	if v, ok := s.viewers[id]; ok {
		return v, true
	}
	agent, _, ok := s.tables.Agents.Get(string(id))
	if !ok || agent.Disabled {
		return nil, false
	}
	v := access.NewViewer(agent, values(s.tables.Queues), values(s.tables.Inboxes))
	s.viewers[id] = v
	return v, true
}

func values[T any](table *kv.Table[T]) []T {
	items := table.All()
	out := make([]T, len(items))
	for i, item := range items {
		out[i] = item.Value
	}
	return out
}

func closed(ch <-chan struct{}) bool {
	if ch == nil {
		return true
	}
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// Watch calls changed after sessions, agents, queues or inboxes changed, at most every
// quarter of a second, until ctx ends.
func (s *Service) Watch(ctx context.Context, changed func()) error {
	for {
		sessions, agents, queues := s.tables.Sessions.Changes(), s.tables.Agents.Changes(), s.tables.Queues.Changes()
		inboxes := s.tables.Inboxes.Changes()
		changed()
		select {
		case <-sessions:
		case <-agents:
		case <-queues:
		case <-inboxes:
		case <-ctx.Done():
			return nil
		}
		timer := s.clock.NewTimer(250 * time.Millisecond)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// NormaliseEmail is the form in which addresses are kept and compared.
func NormaliseEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
