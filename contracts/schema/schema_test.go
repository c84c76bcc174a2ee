// Package schema_test makes the JSON Schemas of this folder from the Go types of
// the contracts, and fails when a schema is not what the types say. Run it with
// -update after a type has changed.
package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

var update = flag.Bool("update", false, "write the schemas anew")

type object = map[string]any

func TestSchemasAreOfTheTypes(t *testing.T) {
	for _, name := range []string{"events", "commands", "queries", "live", "config"} {
		s := readSource(t, name)
		defs := object{}
		for typeName, spec := range s.types {
			if def := s.define(t, typeName, spec); def != nil {
				defs[typeName] = def
			}
		}
		if name == "events" {
			defs["Fact"] = factSchema()
			defs["SendRequestByID"] = byID(defs["SendRequest"].(object))
			requested := defs["SendRequested"].(object)["properties"].(object)
			requested["request"] = object{"anyOf": []object{ident("SendRequest"), ident("SendRequestByID")}}
		}
		want, err := json.MarshalIndent(object{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"title":   "Tributary " + name,
			"$defs":   defs,
		}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		path := name + ".json"
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the types of package %s say: run this test with -update", path, name)
		}
	}
}

// byHand are types whose JSON is not what their fields say.
var byHand = map[string]bool{"Fact": true, "Opaque": true, "Body": true, "Stream": true, "Durable": true}

func (s *source) define(t *testing.T, name string, spec *ast.TypeSpec) object {
	t.Helper()
	if spec.TypeParams != nil || byHand[name] {
		return nil
	}
	var def object
	if st, ok := spec.Type.(*ast.StructType); ok {
		def = s.structure(t, name, st)
	} else {
		def = s.shape(t, spec.Type)
		if values := s.enums[name]; values != nil {
			def["enum"] = values
		}
	}
	def["description"] = s.docs[name]
	return def
}

func (s *source) structure(t *testing.T, name string, st *ast.StructType) object {
	t.Helper()
	properties, required := object{}, []string{}
	for _, f := range st.Fields.List {
		if len(f.Names) == 0 {
			t.Fatalf("%s embeds a type, which this generator does not know", name)
		}
		jsonName, optional := field(f)
		if jsonName == "" {
			continue
		}
		shape := s.shape(t, f.Type)
		if _, pointer := f.Type.(*ast.StarExpr); pointer && !optional {
			shape = object{"anyOf": []object{shape, {"type": "null"}}}
		}
		if doc := sentence(f.Doc) + sentence(f.Comment); doc != "" {
			shape["description"] = doc
		}
		properties[jsonName] = shape
		if !optional {
			required = append(required, jsonName)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

// shape is the schema of a Go type expression.
func (s *source) shape(t *testing.T, e ast.Expr) object {
	t.Helper()
	switch e := e.(type) {
	case *ast.StarExpr:
		return s.shape(t, e.X)
	case *ast.ArrayType:
		if id, ok := e.Elt.(*ast.Ident); ok && id.Name == "byte" {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": s.shape(t, e.Elt)}
	case *ast.MapType:
		return object{"type": "object", "additionalProperties": s.shape(t, e.Value)}
	case *ast.SelectorExpr:
		return selected(fmt.Sprint(e.X), e.Sel.Name)
	case *ast.Ident:
		return ident(e.Name)
	}
	t.Fatalf("no schema for %T", e)
	return nil
}

func ident(name string) object {
	switch name {
	case "string":
		return object{"type": "string"}
	case "bool":
		return object{"type": "boolean"}
	case "int", "int64":
		return object{"type": "integer"}
	case "float64":
		return object{"type": "number"}
	case "uint64":
		return object{"type": "integer", "minimum": 0}
	case "any":
		return object{}
	}
	return object{"$ref": "#/$defs/" + name}
}

func selected(pkg, name string) object {
	switch pkg + "." + name {
	case "time.Time":
		return object{"type": "string", "format": "date-time"}
	case "time.Duration":
		return object{"type": "integer", "description": "nanoseconds"}
	case "json.RawMessage":
		return object{}
	}
	return object{"$ref": pkg + ".json#/$defs/" + name}
}

// factSchema leaves types that are not known alone: a reader passes them on.
func factSchema() object {
	known := events.Types()
	var cases []object
	for _, name := range slices.Sorted(maps.Keys(known)) {
		body := reflect.TypeOf(events.New(name)).Elem().Name()
		cases = append(cases, object{
			"if":   object{"properties": object{"type": object{"const": name}, "v": object{"const": known[name]}}},
			"then": object{"properties": object{"data": object{"$ref": "#/$defs/" + body}}},
		})
	}
	return object{
		"description": "Fact is one thing that is now true. V is the version of its shape.",
		"type":        "object",
		"properties":  object{"type": object{"type": "string"}, "v": object{"type": "integer"}, "data": object{}},
		"required":    []string{"type", "v", "data"},
		"allOf":       cases,
	}
}

// byID is a request whose message stands in the decision that asks for it: of
// the message here only the id counts.
func byID(request object) object {
	properties := maps.Clone(request["properties"].(object))
	properties["message"] = object{"type": "object", "properties": object{"id": ident("MessageID")}, "required": []string{"id"}, "additionalProperties": true}
	return object{
		"description": "A SendRequest whose message stands beside it, in a message.added of the same decision; only its id counts.",
		"type":        "object", "properties": properties, "required": request["required"],
	}
}
