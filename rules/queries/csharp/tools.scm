; The C# SDK: [McpServerTool(Name = "…"), Description("…")] on a method.
((method_declaration
   (attribute_list (attribute name: (_) @tool.mark))
   name: (identifier) @tool.function) @tool
 (#match? @tool.mark "(^|\\.)McpServerTool(Attribute)?$")
 (#set! method "csharp:attribute"))

((method_declaration
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list (attribute_argument name: (identifier) @_k . (_) @tool.name))))) @tool
 (#match? @_a "(^|\\.)McpServerTool(Attribute)?$")
 (#eq? @_k "Name"))

((method_declaration
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list (attribute_argument name: (identifier) @_k . (_) @tool.annotation_title))))) @tool
 (#match? @_a "(^|\\.)McpServerTool(Attribute)?$")
 (#eq? @_k "Title"))

((method_declaration
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list (attribute_argument name: (identifier) @_k . (_) @tool.read_only))))) @tool
 (#match? @_a "(^|\\.)McpServerTool(Attribute)?$")
 (#eq? @_k "ReadOnly"))

((method_declaration
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list (attribute_argument name: (identifier) @_k . (_) @tool.destructive))))) @tool
 (#match? @_a "(^|\\.)McpServerTool(Attribute)?$")
 (#eq? @_k "Destructive"))

((method_declaration
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list (attribute_argument name: (identifier) @_k . (_) @tool.idempotent))))) @tool
 (#match? @_a "(^|\\.)McpServerTool(Attribute)?$")
 (#eq? @_k "Idempotent"))

((method_declaration
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list (attribute_argument name: (identifier) @_k . (_) @tool.open_world))))) @tool
 (#match? @_a "(^|\\.)McpServerTool(Attribute)?$")
 (#eq? @_k "OpenWorld"))

((method_declaration
   (attribute_list (attribute name: (_) @_a (attribute_argument_list . (attribute_argument (_) @tool.description))))) @tool
 (#match? @_a "(^|\\.)Description(Attribute)?$"))

(method_declaration
  parameters: (parameter_list (parameter type: (_) @parameter.type name: (identifier) @parameter.name) @parameter)) @tool

(parameter name: (identifier) . (_) @parameter.optional @field.optional)

((parameter
   (attribute_list (attribute
     name: (_) @_a
     (attribute_argument_list . (attribute_argument (_) @parameter.description @field.description)))))
 (#match? @_a "(^|\\.)Description(Attribute)?$"))

; Types, as System.Text.Json reads them.
((record_declaration name: (identifier) @record.name) @record
 (#set! case "camelCase"))

((class_declaration name: (identifier) @record.name) @record
 (#set! case "camelCase"))

(record_declaration
  (parameter_list (parameter type: (_) @field.type name: (identifier) @field.name) @field))

((property_declaration type: (_) @field.type name: (identifier) @field.name) @field
 (#set! optional_unless_said ""))

((property_declaration (modifier) @field.required)
 (#eq? @field.required "required"))

((property_declaration
   (attribute_list (attribute name: (_) @_a (attribute_argument_list . (attribute_argument (_) @field.description)))))
 (#match? @_a "(^|\\.)Description(Attribute)?$"))

((property_declaration
   (attribute_list (attribute name: (_) @_a (attribute_argument_list . (attribute_argument (_) @field.rename)))))
 (#match? @_a "(^|\\.)JsonPropertyName(Attribute)?$"))

(enum_declaration
  name: (identifier) @enum.name
  body: (enum_member_declaration_list (enum_member_declaration name: (identifier) @enum.value))) @enum

(field_declaration
  (variable_declaration (variable_declarator name: (identifier) @constant.name . (_) @constant.value) @constant))
