package telemetrychannel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// Bounds of what waits for its turn.
const (
	natsWaiting = 64 << 10
	natsBytes   = 8 << 20
	mqttWaiting = 1024
)

// read takes events until ctx ends or the source fails.
func (s *stream) read(ctx context.Context) error {
	if err := s.resume(ctx); err != nil {
		return err
	}
	if s.settings.Source == "mqtt" {
		return s.readMQTT(ctx)
	}
	return s.readNATS(ctx)
}

func (s *stream) readNATS(ctx context.Context) error {
	sub, err := s.deps.NC.QueueSubscribeSync(s.settings.Subject, "telemetry-"+string(s.inbox.ID))
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // a closed connection has none left
	if err := sub.SetPendingLimits(natsWaiting, natsBytes); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	dropped := 0
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if n, _ := sub.Dropped(); n > dropped {
			s.counts.WithLabelValues(string(s.inbox.ID), "dropped").Add(float64(n - dropped))
			dropped = n
		}
		switch {
		case errors.Is(err, nats.ErrSlowConsumer):
			continue
		case err != nil:
			return fmt.Errorf("read subject: %w", err)
		}
		if err := s.take(ctx, msg.Data); err != nil {
			return err
		}
	}
}

func (s *stream) readMQTT(ctx context.Context) error {
	waiting := make(chan mqtt.Message, mqttWaiting)
	failed := make(chan error, 1)
	handle := func(_ mqtt.Client, msg mqtt.Message) {
		select {
		case waiting <- msg:
		case <-ctx.Done():
		}
	}
	options := mqtt.NewClientOptions().AddBroker(s.settings.Broker).SetClientID(s.settings.ClientID).
		SetUsername(s.settings.User).SetPassword(s.inbox.Secrets["password"]).
		SetCleanSession(false).SetAutoAckDisabled(true).SetOrderMatters(true).
		SetConnectTimeout(10 * time.Second).SetKeepAlive(30 * time.Second).SetMaxReconnectInterval(time.Minute).
		SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) { return dial(ctx, u, s.settings.AllowPrivate) }).
		// A session that stands already brings events before anybody subscribes.
		SetDefaultPublishHandler(handle).
		SetOnConnectHandler(func(c mqtt.Client) {
			token := c.Subscribe(s.settings.Topic, 1, handle)
			if token.WaitTimeout(10*time.Second) && token.Error() == nil {
				return
			}
			select {
			case failed <- errors.New("the broker does not take the subscription"):
			default:
			}
		})
	client := mqtt.NewClient(options)
	defer client.Disconnect(250)
	token := client.Connect()
	select {
	case <-token.Done():
		if token.Error() != nil {
			return errors.New("the broker cannot be reached") // its words hold the address
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		select {
		case msg := <-waiting:
			if err := s.take(ctx, msg.Payload()); err != nil {
				return err
			}
			msg.Ack()
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// dial connects without a proxy of the environment, and unless private is set to
// public addresses only, which is looked at after the name was resolved.
func dial(ctx context.Context, u *url.URL, private bool) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil || !provider.Public(target.Addr()) {
				return provider.ErrPrivate
			}
			return nil
		}
	}
	port := u.Port()
	if u.Scheme == "mqtt" {
		if port == "" {
			port = "1883"
		}
		return dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	}
	if port == "" {
		port = "8883"
	}
	secure := &tls.Dialer{NetDialer: dialer, Config: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return secure.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
}
