package config

import (
	"strconv"
	"strings"
)

// Letter fills the variables of a text that was written beforehand: a canned
// answer, a reply of a rule or a macro, the question of a survey. A variable is a
// name in double braces, {{contact.first_name}}; what stands after an upright
// line is taken where there is no value, {{contact.first_name|there}}. A name
// that is not known, or has no value, becomes the empty text and never its
// braces: customers read them. Braces that are not closed on their line are no
// variable. What is put in is put in as it is and not looked at again; the text is
// plain, and who shows it as HTML escapes it there.
//
//	contact.name .first_name .email .phone .language .attributes.NAME
//	agent.name .first_name
//	conversation.id .subject .channel
//	order.id .number .shop .total .currency .payment .fulfillment     the newest order
//	and the names in Extra, such as link
type Letter struct {
	Scope *Scope
	Agent string // name of who writes, "" for nobody
	Extra map[string]string
}

// maxVariable bounds a name and its default, in bytes.
const maxVariable = 200

// Fill is the text with its variables filled.
func (l *Letter) Fill(text string) string {
	var out strings.Builder
	for {
		before, rest, opened := strings.Cut(text, "{{")
		out.WriteString(before)
		if !opened {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed || len(inside) > maxVariable || strings.ContainsAny(inside, "\r\n{") {
			out.WriteString("{{")
			text = rest
			continue
		}
		name, otherwise, _ := strings.Cut(inside, "|")
		value := l.value(strings.ToLower(strings.TrimSpace(name)))
		if value == "" {
			value = strings.TrimSpace(otherwise)
		}
		out.WriteString(value)
		text = after
	}
}

func (l *Letter) value(name string) string {
	if v, ok := l.Extra[name]; ok {
		return v
	}
	of, rest, _ := strings.Cut(name, ".")
	switch {
	case of == "agent" && rest == "name":
		return l.Agent
	case of == "agent" && rest == "first_name":
		return firstName(l.Agent)
	case of == "contact" && l.Scope != nil && l.Scope.Contact != nil:
		return l.Scope.Contact.value(rest)
	case of == "conversation" && l.Scope != nil && l.Scope.Conversation != nil:
		return l.Scope.Conversation.value(rest)
	case of == "order" && l.Scope != nil && l.Scope.Contact != nil && len(l.Scope.Contact.Orders) > 0:
		return l.Scope.Contact.Orders[0].value(rest)
	}
	return ""
}

func (c *ScopeContact) value(name string) string {
	switch name {
	case "id":
		return c.ID
	case "name":
		return c.Name
	case "first_name":
		return c.FirstName
	case "email":
		return c.Email
	case "phone":
		return c.Phone
	case "language":
		return c.Language
	}
	if key, ok := strings.CutPrefix(name, "attributes."); ok {
		for k, v := range c.Attributes {
			if strings.EqualFold(k, key) {
				return v
			}
		}
	}
	return ""
}

func (c *ScopeConversation) value(name string) string {
	switch name {
	case "id":
		return c.ID
	case "subject":
		return c.Subject
	case "channel":
		return c.Channel
	}
	return ""
}

func (o *ScopeOrder) value(name string) string {
	switch name {
	case "id":
		return o.ID
	case "number":
		return o.Number
	case "shop":
		return o.Shop
	case "total":
		return strconv.FormatFloat(o.Total, 'f', -1, 64)
	case "currency":
		return o.Currency
	case "payment":
		return o.Payment
	case "fulfillment":
		return o.Fulfillment
	}
	return ""
}
