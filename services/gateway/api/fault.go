package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxLocation bounds in bytes where a fault is said to be: the names of fields that
// are not ours come from whoever wrote the body.
const maxLocation = 120

var (
	required = regexp.MustCompile(`^expected required property (.+) to be present$`)
	typed    = regexp.MustCompile(`^json: cannot unmarshal \S+(?: \S+)? into Go (?:struct field [^.\s]*\.(\S+)|value) of type`)
	unknown  = regexp.MustCompile(`^json: unknown field "(.*)"$`)

	unknownSetting = regexp.MustCompile(`json: unknown field "([^"]*)"$`)
)

// faultOf says what was wrong with a field and where, never what stood there. Of what
// encoding/json says, which quotes what it read, only the name of the field is kept.
func faultOf(e *huma.ErrorDetail) Fault {
	f := Fault{Message: e.Message, Location: e.Location}
	if names := required.FindStringSubmatch(e.Message); names != nil {
		f.Message, f.Location = "the field "+names[1]+" is missing", below(e.Location, names[1])
	} else if e.Message == "unexpected property" && strings.HasPrefix(e.Location, "body.") {
		f.Message = "there is no field " + clip(e.Location[strings.LastIndexByte(e.Location, '.')+1:])
	} else if e.Location == "body" && !strings.HasPrefix(e.Message, "expected ") && e.Message != "unexpected property" {
		f = bodyFault(e.Message)
	}
	f.Location = clip(f.Location)
	return f
}

func bodyFault(message string) Fault {
	if names := typed.FindStringSubmatch(message); names != nil {
		return Fault{Message: "a value of another kind is needed", Location: below("body", names[1])}
	}
	if names := unknown.FindStringSubmatch(message); names != nil {
		return Fault{Message: "there is no field " + clip(names[1]), Location: below("body", names[1])}
	}
	switch {
	case strings.HasPrefix(message, "unknown content type"):
		return Fault{Message: "the body is of a type that is not read here", Location: "body"}
	case strings.HasPrefix(message, "cannot read multipart form"):
		return Fault{Message: "the form cannot be read", Location: "body"}
	case strings.HasPrefix(message, "invalid character"), strings.HasPrefix(message, "unexpected end of JSON"), message == "unexpected EOF":
		return Fault{Message: "the body is not valid JSON", Location: "body"}
	}
	return Fault{Message: "the body is not JSON of the expected form", Location: "body"}
}

// settingsFault is what a channel says of the settings of an inbox. What encoding/json
// says in it quotes what it read, which may be a secret: only the field is kept.
func settingsFault(err error) error {
	var kind *json.UnmarshalTypeError
	names := unknownSetting.FindStringSubmatch(err.Error())
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return refuse(http.StatusUnprocessableEntity, "the field settings.%s needs a value of another kind", clip(kind.Field))
	case errors.As(err, &kind):
		return refuse(http.StatusUnprocessableEntity, "the settings hold a value of another kind than is needed")
	case names != nil:
		return refuse(http.StatusUnprocessableEntity, "there is no field %s", clip("settings."+names[1]))
	}
	return refuse(http.StatusUnprocessableEntity, "%s", err.Error())
}

func below(location, field string) string {
	if field == "" {
		return location
	}
	return location + "." + field
}

// clip shortens a name that is not ours, and takes out what no screen shows.
func clip(s string) string {
	if s = events.CleanName(s); len(s) <= maxLocation {
		return s
	}
	n := maxLocation
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
