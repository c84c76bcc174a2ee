package graph

import (
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Names of the secrets.
const (
	AppSecret   = "app_secret"
	AccessToken = "access_token"
	VerifyToken = "verify_token"
)

// SecretNames lists the secrets that every channel of Meta has.
func SecretNames() []string { return []string{AppSecret, AccessToken, VerifyToken} }

// DefaultVersion is the version of the Graph API that is called when the
// settings name none.
const DefaultVersion = "v23.0"

// Access is how the Graph API is reached: the part that the settings of all
// channels of Meta have in common. AppSecretProof adds the proof that apps with
// "require app secret" ask for; it needs the token and the secret to be of one
// app.
type Access struct {
	APIURL         string `json:"api_url,omitempty"`
	APIVersion     string `json:"api_version,omitempty"`
	AppSecretProof bool   `json:"appsecret_proof,omitempty"`
	AllowPrivate   bool   `json:"allow_private,omitempty"`
}

var version = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,3}$`)

// Complete fills in what is missing and refuses an address that is no https URL,
// unless private addresses are allowed.
func (a *Access) Complete(defaultURL string) error {
	api := account.API{URL: a.APIURL, AllowPrivate: a.AllowPrivate}
	if err := api.Settle(defaultURL); err != nil {
		return err
	}
	a.APIURL = api.URL
	if a.APIVersion == "" {
		a.APIVersion = DefaultVersion
	}
	if !version.MatchString(a.APIVersion) {
		return errors.New("api_version must look like " + DefaultVersion)
	}
	return nil
}

var accountID = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`)

// CheckAccount refuses an account id that could not stand in a path.
func CheckAccount(name, id string) error {
	if !accountID.MatchString(id) {
		return fmt.Errorf("%s is missing or is no id", name)
	}
	return nil
}

// CheckSecrets refuses an empty app secret or access token, and makes a verify
// token when there is none.
func CheckSecrets(inbox *config.Inbox) error {
	if err := account.Secrets(*inbox, AppSecret, AccessToken); err != nil {
		return err
	}
	if strings.TrimSpace(inbox.Secrets[VerifyToken]) == "" {
		inbox.Secrets[VerifyToken] = rand.Text()
	}
	return nil
}

// Open makes the way to the API with the inbox's token.
func (a Access) Open(client *provider.Client, inbox config.Inbox) API {
	api := API{client: client, base: a.APIURL + "/" + a.APIVersion, token: inbox.Secrets[AccessToken], private: a.AllowPrivate}
	if a.AppSecretProof {
		api.proof = proof(inbox.Secrets[AppSecret], api.token)
	}
	return api
}
