package secrets

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Generate says how a value is generated: a password, or a JSON object with one in it.
//
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
type Generate struct {
	Length             int // characters, 1 to 4096
	ExcludeCharacters  string
	ExcludeLowercase   bool
	ExcludeUppercase   bool
	ExcludeNumbers     bool
	ExcludePunctuation bool
	IncludeSpace       bool
	RequireEachType    bool   // whether each type of character that is not excluded is there at least once
	Template           string // JSON object that the password is put into; empty for the password alone
	Key                string // where in the object it is put
}

const maxLength = 4096

// value draws a value. Its errors hold nothing of it.
func (g *Generate) value() (string, error) {
	password, err := g.password()
	if err != nil || g.Template == "" {
		return password, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(g.Template), &members); err != nil || members == nil {
		return "", errors.New("SecretStringTemplate: must be a JSON object")
	}
	if members[g.Key], err = json.Marshal(password); err != nil {
		return "", err
	}
	value, err := json.Marshal(members)
	return string(value), err
}

func (g *Generate) password() (string, error) {
	types := g.types()
	all := strings.Join(types, "")
	switch {
	case all == "":
		return "", errors.New("GenerateSecretString: excludes every character")
	case g.Length < 1 || g.Length > maxLength:
		return "", fmt.Errorf("PasswordLength: must be between 1 and %d, not %d", maxLength, g.Length)
	case g.RequireEachType && g.Length < len(types):
		return "", fmt.Errorf("PasswordLength: %d is too short for one character of each of %d types", g.Length, len(types))
	}
	password := make([]byte, 0, g.Length)
	if g.RequireEachType {
		for _, characters := range types {
			password = append(password, draw(characters))
		}
	}
	for len(password) < g.Length {
		password = append(password, draw(all))
	}
	for i := len(password) - 1; i > 0; i-- { // so that nobody knows where the required ones are
		j := below(i + 1)
		password[i], password[j] = password[j], password[i]
	}
	return string(password), nil
}

// types are the types of characters that the password may have, each with the characters that are not excluded.
func (g *Generate) types() []string {
	var types []string
	for _, t := range []struct {
		excluded   bool
		characters string
	}{
		{g.ExcludeLowercase, "abcdefghijklmnopqrstuvwxyz"},
		{g.ExcludeUppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{g.ExcludeNumbers, "0123456789"},
		{g.ExcludePunctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
		{!g.IncludeSpace, " "},
	} {
		left := strings.Map(func(char rune) rune {
			if t.excluded || strings.ContainsRune(g.ExcludeCharacters, char) {
				return -1
			}
			return char
		}, t.characters)
		if left != "" {
			types = append(types, left)
		}
	}
	return types
}

func draw(characters string) byte { return characters[below(len(characters))] }

// below draws a number from 0 to n-1, each as likely as the others.
func below(n int) int {
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return int(drawn.Int64())
}
