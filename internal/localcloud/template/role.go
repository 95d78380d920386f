package template

import "slices"

func (r *reader) readRole(res *resource, p *properties) {
	p.ignore(tags, "RoleName", "Description", "MaxSessionDuration")
	role := Role{Resource: r.header(res), ManagedPolicies: p.texts("ManagedPolicyArns")}
	if !p.has("AssumeRolePolicyDocument") {
		p.require("AssumeRolePolicyDocument")
	}
	role.Trust = r.readStatements(p.object("AssumeRolePolicyDocument"))
	for _, policy := range p.objects("Policies") {
		policy.requiredText("PolicyName")
		if !policy.has("PolicyDocument") {
			policy.require("PolicyDocument")
		}
		role.Statements = append(role.Statements, r.readStatements(policy.object("PolicyDocument"))...)
		policy.done()
	}
	r.stack.Roles = append(r.stack.Roles, role)
}

func (r *reader) readManagedPolicy(res *resource, p *properties) {
	p.ignore("ManagedPolicyName")
	if !p.has("PolicyDocument") {
		p.require("PolicyDocument")
	}
	r.stack.ManagedPolicies = append(r.stack.ManagedPolicies, ManagedPolicy{
		Resource:    r.header(res),
		Description: p.text("Description", ""),
		Statements:  r.readStatements(p.object("PolicyDocument")),
	})
}

// readStatements reads a policy document.
func (r *reader) readStatements(document *properties) []Statement {
	if !document.present() {
		return nil
	}
	defer document.done()
	document.choice("Version", "2008-10-17", "2012-10-17", "2008-10-17")
	document.ignore("Id")
	var statements []Statement
	for _, p := range document.objects("Statement") {
		statements = append(statements, readStatement(p))
	}
	if len(statements) == 0 {
		document.require("Statement")
	}
	return statements
}

func readStatement(p *properties) Statement {
	defer p.done()
	p.refuse("the local cloud reads what a statement names, not what it leaves out", "NotAction", "NotResource", "NotPrincipal")
	condition, _ := p.jsonObject("Condition")
	statement := Statement{
		SID:        p.text("Sid", ""),
		Effect:     p.choice("Effect", "", "Allow", "Deny"),
		Principals: readPrincipals(p),
		Actions:    p.textOrTexts("Action"),
		Resources:  p.textOrTexts("Resource"),
		Condition:  condition,
	}
	if len(statement.Actions) == 0 {
		p.require("Action")
	}
	return statement
}

// readPrincipals reads "*" or an object of services and accounts.
func readPrincipals(p *properties) []string {
	if n := p.node.get("Principal"); n != nil && n.scalar() {
		return []string{p.text("Principal", "")}
	}
	principal := p.object("Principal")
	defer principal.done()
	return slices.Concat(principal.textOrTexts("Service"), principal.textOrTexts("AWS"))
}
