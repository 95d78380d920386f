package pattern

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// value is a scalar of an event.
type value struct {
	kind   token
	text   []byte // what a string says, or how a number is written
	number number
}

// test decides about a value.
type test interface {
	passes(v *value) bool
}

// tests is what the list of a field allows: any of its members is enough.
type tests struct {
	texts  map[string]struct{} // these strings
	others []test
	absent bool // the field need not be there
}

func (t *tests) add(member test) { t.others = append(t.others, member) }

func (t *tests) addText(text string) {
	if t.texts == nil {
		t.texts = make(map[string]struct{})
	}
	t.texts[text] = struct{}{}
}

// onlyTexts tells whether nothing but certain strings passes.
func (t *tests) onlyTexts() bool { return len(t.others) == 0 && !t.absent }

func (t *tests) passes(v *value) bool {
	if v.kind == stringValue {
		if _, listed := t.texts[string(v.text)]; listed {
			return true
		}
	}
	for _, other := range t.others {
		if other.passes(v) {
			return true
		}
	}
	return false
}

// present lets every value through: exists true.
type present struct{}

func (present) passes(*value) bool { return true }

// literal lets true, false or null through.
type literal token

func (l literal) passes(v *value) bool { return v.kind == token(l) }

// noneOf lets every value through that fails all of its tests: anything-but.
type noneOf []test

func (n noneOf) passes(v *value) bool {
	for _, excluded := range n {
		if excluded.passes(v) {
			return false
		}
	}
	return true
}

type equalText []byte

func (e equalText) passes(v *value) bool { return v.kind == stringValue && bytes.Equal(v.text, e) }

type prefix []byte

func (p prefix) passes(v *value) bool { return v.kind == stringValue && bytes.HasPrefix(v.text, p) }

type suffix []byte

func (s suffix) passes(v *value) bool { return v.kind == stringValue && bytes.HasSuffix(v.text, s) }

// folded is a text to be compared without regard to case: of each of its characters the lower and the upper case form.
type folded []struct{ lower, upper []byte }

func fold(text string) folded {
	forms := make(folded, 0, utf8.RuneCountInString(text))
	for _, character := range text {
		forms = append(forms, struct{ lower, upper []byte }{
			lower: utf8.AppendRune(nil, unicode.ToLower(character)),
			upper: utf8.AppendRune(nil, unicode.ToUpper(character)),
		})
	}
	return forms
}

// cutPrefix returns what follows the folded text at the start of text.
func (f folded) cutPrefix(text []byte) (rest []byte, found bool) {
	for _, character := range f {
		after, found := bytes.CutPrefix(text, character.lower)
		if !found {
			if after, found = bytes.CutPrefix(text, character.upper); !found {
				return nil, false
			}
		}
		text = after
	}
	return text, true
}

func (f folded) isSuffixOf(text []byte) bool {
	for _, character := range slices.Backward(f) {
		before, found := bytes.CutSuffix(text, character.lower)
		if !found {
			if before, found = bytes.CutSuffix(text, character.upper); !found {
				return false
			}
		}
		text = before
	}
	return true
}

type equalFolded struct{ folded }

func (e equalFolded) passes(v *value) bool {
	rest, found := e.cutPrefix(v.text)
	return v.kind == stringValue && found && len(rest) == 0
}

type prefixFolded struct{ folded }

func (p prefixFolded) passes(v *value) bool {
	_, found := p.cutPrefix(v.text)
	return v.kind == stringValue && found
}

type suffixFolded struct{ folded }

func (s suffixFolded) passes(v *value) bool { return v.kind == stringValue && s.isSuffixOf(v.text) }
