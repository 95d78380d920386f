package template

import "strings"

// readEmailIdentity reads an address or a domain that mail is sent from. How AWS finds out that it belongs to the account,
// and how it signs mail, concerns AWS alone: in the local cloud every declared identity is verified.
func (r *reader) readEmailIdentity(res *resource, p *properties) {
	p.ignore(tags, "EmailIdentity", "DkimAttributes", "DkimSigningAttributes", "FeedbackAttributes", "MailFromAttributes")
	configuration := p.object("ConfigurationSetAttributes")
	defer configuration.done()
	identity := EmailIdentity{
		Resource:         r.header(res),
		ConfigurationSet: configuration.text("ConfigurationSetName", ""),
	}
	switch name := identity.Name; {
	case !p.has("EmailIdentity"):
		p.require("EmailIdentity")
	case strings.HasPrefix(name, "@"), strings.HasSuffix(name, "@"), strings.ContainsAny(name, " <>,\r\n"), !strings.Contains(name, "."):
		r.report(p.at.field("EmailIdentity"), p.node.get("EmailIdentity").line, "must be an e-mail address or a domain, not %q", name)
	}
	r.stack.EmailIdentities = append(r.stack.EmailIdentities, identity)
}

// readConfigurationSet reads a configuration set. What it says of delivery, reputation and tracking concerns AWS alone.
func (r *reader) readConfigurationSet(res *resource, p *properties) {
	p.ignore(tags, "Name", "ArchivingOptions", "DeliveryOptions", "ReputationOptions", "SuppressionOptions", "TrackingOptions", "VdmOptions")
	sending := p.object("SendingOptions")
	defer sending.done()
	r.stack.ConfigurationSets = append(r.stack.ConfigurationSets, ConfigurationSet{
		Resource: r.header(res),
		Paused:   !sending.boolean("SendingEnabled", true),
	})
}
