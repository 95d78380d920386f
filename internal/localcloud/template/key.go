package template

import (
	"strings"

	"github.com/google/uuid"
)

// readKey reads a symmetric key of KMS. Who may use it, and how often AWS changes its material, concerns AWS alone.
func (r *reader) readKey(res *resource, p *properties) {
	p.ignore(tags, "KeyPolicy", "EnableKeyRotation", "RotationPeriodInDays", "PendingWindowInDays", "BypassPolicyLockoutSafetyCheck")
	p.refuse("the local cloud is one region", "MultiRegion")
	p.choice("KeySpec", "SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT")
	p.choice("KeyUsage", "ENCRYPT_DECRYPT", "ENCRYPT_DECRYPT")
	p.choice("Origin", "AWS_KMS", "AWS_KMS")
	r.stack.Keys = append(r.stack.Keys, EncryptionKey{
		Resource:    r.header(res),
		Description: p.text("Description", ""),
		Disabled:    !p.boolean("Enabled", true),
	})
}

func (r *reader) readKeyAlias(res *resource, p *properties) {
	alias := KeyAlias{Resource: r.header(res), Target: p.requiredText("TargetKeyId")}
	name := p.requiredText("AliasName")
	if name != "" && (!strings.HasPrefix(name, "alias/") || len(name) == len("alias/") || strings.HasPrefix(name, "alias/aws/")) {
		r.report(p.at.field("AliasName"), p.node.get("AliasName").line, "must begin with alias/, and not with alias/aws/, not %q", name)
	}
	r.stack.KeyAliases = append(r.stack.KeyAliases, alias)
}

// attachKeyAliases refuses an alias of a key that the template does not have.
func (r *reader) attachKeyAliases() {
	for i := range r.stack.KeyAliases {
		alias := &r.stack.KeyAliases[i]
		key := find(r.stack.Keys, func(key *EncryptionKey) bool { return alias.Target == key.Name || alias.Target == key.ARN })
		switch {
		case key != nil:
			alias.Target = key.Name
		case alias.Target != "":
			r.report(place{alias.LogicalID, "TargetKeyId"}, alias.Line, "the template has no key %q", alias.Target)
		}
	}
}

// keyIdentity is that of a key, whose id AWS draws by chance. The local cloud takes it from the logical id, so that it is the
// same each time.
func (r *reader) keyIdentity(id string) identity {
	made := uuid.NewSHA1(uuid.NameSpaceURL, []byte(r.stackName+"/"+id)).String()
	return namedIdentity(made, "kms", "key/").with("KeyId")
}
