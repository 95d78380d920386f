package template

import (
	"crypto/sha256"
	"encoding/json"
)

// Limits of Secrets Manager.
//
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const (
	maxSecretBytes    = 65536
	maxPasswordLength = 4096
)

func (r *reader) readSecret(res *resource, p *properties) {
	p.ignore(tags, "Name", "KmsKeyId")
	p.refuse("the local cloud is one region", "ReplicaRegions")
	secret := Secret{Resource: r.header(res), Description: p.text("Description", "")}
	if p.has("SecretString") {
		value := p.text("SecretString", "")
		secret.Value = &value
		if len(value) > maxSecretBytes {
			r.report(p.at.field("SecretString"), p.node.get("SecretString").line, "has %d bytes; AWS takes at most %d", len(value), maxSecretBytes)
		}
	}
	if p.has("GenerateSecretString") {
		secret.Generate = readGenerateSecretString(p.object("GenerateSecretString"))
	}
	if secret.Value != nil && secret.Generate != nil {
		r.report(p.at, res.line, "has SecretString or GenerateSecretString, not both")
	}
	r.stack.Secrets = append(r.stack.Secrets, secret)
}

func readGenerateSecretString(p *properties) *GenerateSecret {
	defer p.done()
	generate := &GenerateSecret{
		Length:             p.integer("PasswordLength", 32, 1, maxPasswordLength),
		ExcludeCharacters:  p.text("ExcludeCharacters", ""),
		ExcludeLowercase:   p.boolean("ExcludeLowercase", false),
		ExcludeUppercase:   p.boolean("ExcludeUppercase", false),
		ExcludeNumbers:     p.boolean("ExcludeNumbers", false),
		ExcludePunctuation: p.boolean("ExcludePunctuation", false),
		IncludeSpace:       p.boolean("IncludeSpace", false),
		RequireEachType:    p.boolean("RequireEachIncludedType", true),
		Template:           p.text("SecretStringTemplate", ""),
		Key:                p.text("GenerateStringKey", ""),
	}
	if (generate.Template == "") != (generate.Key == "") {
		p.r.report(p.at, p.line, "SecretStringTemplate and GenerateStringKey come together")
	}
	if n := p.node.get("SecretStringTemplate"); n != nil && n.scalar() {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(n.text), &members); err != nil || members == nil {
			p.r.report(p.at.field("SecretStringTemplate"), n.line, "must be a JSON object")
		}
	}
	return generate
}

// secretSuffix is what the ARN of a secret has behind its name: six letters and digits, which AWS draws by chance and the
// local cloud takes from the logical id, so that they are the same each time.
//
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
func (r *reader) secretSuffix(id string) string {
	const (
		letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		length  = 6
	)
	digest := sha256.Sum256([]byte(r.stackName + "/" + id))
	suffix := make([]byte, length)
	for i := range suffix {
		suffix[i] = letters[int(digest[i])%len(letters)]
	}
	return string(suffix)
}
