package rules

import (
	"reflect"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// fillConversation sets every id of a conversation that a fact has, however deep,
// to cv1.
func fillConversation(body events.Body) events.Body {
	fill(reflect.ValueOf(body).Elem())
	return body
}

var conversationID = reflect.TypeFor[events.ConversationID]()

func fill(v reflect.Value) {
	switch {
	case v.Type() == conversationID:
		v.SetString("cv1")
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}
