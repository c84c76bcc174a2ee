package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

func (c Condition) check() error {
	if c.Pointer == "" {
		return errors.New("a condition needs a pointer")
	}
	if err := c.Pointer.check(); err != nil {
		return err
	}
	want, err := scalar(c.Value)
	switch c.Op {
	case "exists", "missing":
		return nil
	case "eq", "ne":
		return err
	case "lt", "lte", "gt", "gte":
		if _, ok := number(want); err != nil || !ok {
			return fmt.Errorf("the condition %s compares with a number", c.Op)
		}
		return nil
	case "contains", "prefix":
		if s, ok := want.(string); err != nil || !ok || s == "" {
			return fmt.Errorf("the condition %s compares with a text", c.Op)
		}
		return nil
	}
	return errors.New("op is eq, ne, lt, lte, gt, gte, contains, prefix, exists or missing")
}

// scalar reads a text, a number, a boolean or null.
func scalar(data json.RawMessage) (any, error) {
	v, err := Decode(data)
	if err != nil {
		return nil, errors.New("a condition needs a value")
	}
	switch v.(type) {
	case string, json.Number, bool, nil:
		return v, nil
	}
	return nil, errors.New("a condition compares with a text, a number, a boolean or null")
}

func (w When) holds(doc any) bool {
	for _, c := range w.All {
		if !c.holds(doc) {
			return false
		}
	}
	if len(w.Any) == 0 {
		return true
	}
	for _, c := range w.Any {
		if c.holds(doc) {
			return true
		}
	}
	return false
}

func (c Condition) holds(doc any) bool {
	got := c.Pointer.find(doc)
	switch c.Op {
	case "exists":
		return got != nil
	case "missing":
		return got == nil
	}
	want, err := scalar(c.Value)
	if err != nil {
		return false
	}
	switch c.Op {
	case "eq":
		return equal(got, want)
	case "ne":
		return !equal(got, want)
	case "contains", "prefix":
		text, ok := got.(string)
		part, _ := want.(string)
		if c.Op == "prefix" {
			return ok && strings.HasPrefix(text, part)
		}
		return ok && strings.Contains(text, part)
	}
	a, ok := number(got)
	b, other := number(want)
	if !ok || !other {
		return false
	}
	switch order := a.Cmp(b); c.Op {
	case "lt":
		return order < 0
	case "lte":
		return order <= 0
	case "gt":
		return order > 0
	case "gte":
		return order >= 0
	}
	return false
}

func equal(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x.Cmp(y) == 0
	}
	switch a := a.(type) {
	case string:
		s, ok := b.(string)
		return ok && s == a
	case bool:
		v, ok := b.(bool)
		return ok && v == a
	case nil:
		return b == nil
	}
	return false
}

// number is exact, so that ids of 64 bits compare as what they are. A number
// whose exponent would fill the memory is none.
func number(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok || len(n) > 64 {
		return nil, false
	}
	if at := strings.IndexAny(string(n), "eE"); at >= 0 && len(n)-at > 4 {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}
