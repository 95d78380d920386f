package template

import "time"

func (r *reader) readLogGroup(res *resource, p *properties) {
	p.ignore(tags, "LogGroupName", "KmsKeyId")
	const day = 24 * time.Hour
	r.stack.LogGroups = append(r.stack.LogGroups, LogGroup{
		Resource:  r.header(res),
		Retention: time.Duration(p.integer("RetentionInDays", 0, 1, 3653)) * day,
	})
}
