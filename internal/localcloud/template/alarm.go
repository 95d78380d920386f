package template

// readAlarm reads an alarm as it is: nothing here sets it off, but a deployment can be compared with it.
func (r *reader) readAlarm(res *resource, p *properties) {
	for _, f := range p.node.fieldsOrNone() {
		p.ignore(f.name)
	}
	alarm := Alarm{Resource: r.header(res), Description: p.text("AlarmDescription", "")}
	if p.node != nil && p.node.kind == object {
		alarm.Properties = p.node.json()
	}
	r.stack.Alarms = append(r.stack.Alarms, alarm)
}
