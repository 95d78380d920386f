package verification

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/schemas"
)

func (v *verifier) registries() {
	for _, registry := range v.stack.Registries {
		r := v.of("schema registry", registry.Name)
		_, err := v.schemas.DescribeRegistry(v.ctx, &schemas.DescribeRegistryInput{RegistryName: &registry.Name})
		if !r.there(err, redeploy) {
			continue
		}
		for _, schema := range registry.Schemas {
			s := v.of("schema", schema.Name)
			found, err := v.schemas.DescribeSchema(v.ctx, &schemas.DescribeSchemaInput{RegistryName: &registry.Name, SchemaName: &schema.Name})
			if s.there(err, redeploy) {
				s.sameJSON("content", string(schema.Content), aws.ToString(found.Content), "aws schemas update-schema --registry-name "+
					registry.Name+" --schema-name "+schema.Name+" --content …, from pkg/events/schemas")
			}
		}
	}
}
