package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// eventObject is an event as JSON has it. Numbers are json.Number, so that they stay as they are written.
type eventObject = map[string]any

// templateName is the name of the template that is made of a fact's example, such as user-created.
func templateName(entry events.Entry) string {
	return strings.ReplaceAll(strings.ToLower(entry.Fact.DetailType()), " ", "-")
}

// readEvents reads the events that an argument means: a template, by its name, or a file with one event or an array of them;
// - is standard input.
func readEvents(argument string) ([]eventObject, error) {
	for _, entry := range events.Catalogue() {
		if templateName(entry) == argument {
			event, err := exampleOf(entry)
			return []eventObject{event}, err
		}
	}
	content, err := readInput(argument)
	if err != nil {
		return nil, err
	}
	var many []eventObject
	if decodeNumbers(content, &many) == nil {
		return many, nil
	}
	var one eventObject
	if err := decodeNumbers(content, &one); err != nil || one == nil {
		return nil, &usageError{fmt.Sprintf("%s holds no event in JSON: %v", argument, err)}
	}
	return []eventObject{one}, nil
}

func readInput(argument string) ([]byte, error) {
	if argument == "-" {
		content, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return content, nil
	}
	content, err := os.ReadFile(argument)
	if errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(argument, `./\`) {
		return nil, &usageError{fmt.Sprintf("there is no file and no template %s; bayon publish --list lists the templates", argument)}
	}
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	return content, nil
}

// exampleOf is the example of a fact as a producer publishes it: source, detail type and detail, without metadata.
func exampleOf(entry events.Entry) (eventObject, error) {
	text, err := json.Marshal(entry.Example)
	if err != nil {
		return nil, err
	}
	var detail eventObject
	if err := decodeNumbers(text, &detail); err != nil {
		return nil, err
	}
	return eventObject{"source": entry.Fact.Source(), "detail-type": entry.Fact.DetailType(), "detail": detail}, nil
}

// decodeNumbers decodes one JSON value, and keeps numbers as they are written.
func decodeNumbers(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// setAll makes changes of the form path=value, such as detail.email=dana@example.com. What is a string stays one; any other
// value is JSON where it can be read as such, else a string.
func setAll(event eventObject, changes []string) error {
	for _, change := range changes {
		path, value, found := strings.Cut(change, "=")
		if !found || path == "" {
			return &usageError{fmt.Sprintf("--set %s: it must be path=value, such as detail.email=dana@example.com", change)}
		}
		if err := set(event, strings.Split(path, "."), value); err != nil {
			return &usageError{fmt.Sprintf("--set %s: %v", path, err)}
		}
	}
	return nil
}

// set follows a path into objects, which it makes where there are none, and into lists by the numbers of their items.
func set(within any, path []string, value string) error {
	key, last := path[0], len(path) == 1
	switch within := within.(type) {
	case eventObject:
		if last {
			within[key] = valueFor(within[key], value)
			return nil
		}
		if within[key] == nil {
			within[key] = eventObject{}
		}
		return set(within[key], path[1:], value)
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(within) {
			return fmt.Errorf("%q must be the number of an item, from 0 to %d", key, len(within)-1)
		}
		if last {
			within[i] = valueFor(within[i], value)
			return nil
		}
		return set(within[i], path[1:], value)
	}
	return fmt.Errorf("%q lies in something that is neither an object nor a list", key)
}

func valueFor(was any, text string) any {
	if _, isText := was.(string); isText {
		return text
	}
	var value any
	if decodeNumbers([]byte(text), &value) != nil {
		return text
	}
	return value
}
