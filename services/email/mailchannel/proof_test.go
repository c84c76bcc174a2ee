package mailchannel

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// TestAWayInWithoutItsProofIsNotMade wants every mail service's inbox refused at
// the start where what proves its requests is empty.
func TestAWayInWithoutItsProofIsNotMade(t *testing.T) {
	a, _ := newAdapter(t, nil)
	for name, settings := range map[string]string{
		"sendgrid without a key":       `{"address":"help@example.com","source":"sendgrid"}`,
		"sendgrid with half a key":     `{"address":"help@example.com","source":"sendgrid","sendgrid":{"public_key":"MFkwEwYHKoZIzj0CAQYIKoZI"}}`,
		"mailgun without a key":        `{"address":"help@example.com","source":"mailgun"}`,
		"postmark without a password":  `{"address":"help@example.com","source":"postmark"}`,
		"ses without a topic":          `{"address":"help@example.com","source":"ses"}`,
		"ses with an empty topic":      `{"address":"help@example.com","source":"ses","ses":{"topics":[""]}}`,
		"a source that nobody has":     `{"address":"help@example.com","source":"pigeon"}`,
		"sendgrid with an unknown key": `{"address":"help@example.com","source":"sendgrid","sendgrid":{"pubic_key":"x"}}`,
	} {
		inbox := config.Inbox{ID: "in", Channel: Kind, Settings: []byte(settings), Secrets: map[string]string{SecretSigningKey: "", SecretPostmarkPassword: ""}}
		if err := a.Check(&inbox); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
