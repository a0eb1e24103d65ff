; Spring AI and Quarkus: @Tool(…), @McpTool(…) on a method.
((method_declaration
   (modifiers [(annotation name: (_) @tool.mark) (marker_annotation name: (_) @tool.mark)])
   name: (identifier) @tool.function) @tool
 (#match? @tool.mark "(^|\\.)(Mcp)?Tool$")
 (#set! method "java:annotation"))

((method_declaration
   (modifiers (annotation
     name: (_) @_a
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.name))))) @tool
 (#match? @_a "(^|\\.)(Mcp)?Tool$")
 (#eq? @_k "name"))

((method_declaration
   (modifiers (annotation
     name: (_) @_a
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.title))))) @tool
 (#match? @_a "(^|\\.)(Mcp)?Tool$")
 (#eq? @_k "title"))

((method_declaration
   (modifiers (annotation
     name: (_) @_a
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.description))))) @tool
 (#match? @_a "(^|\\.)(Mcp)?Tool$")
 (#eq? @_k "description"))

((element_value_pair
   key: (identifier) @_n
   value: (annotation
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.annotation_title))))
 (#eq? @_n "annotations")
 (#eq? @_k "title"))

((element_value_pair
   key: (identifier) @_n
   value: (annotation
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.read_only))))
 (#eq? @_n "annotations")
 (#eq? @_k "readOnlyHint"))

((element_value_pair
   key: (identifier) @_n
   value: (annotation
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.destructive))))
 (#eq? @_n "annotations")
 (#eq? @_k "destructiveHint"))

((element_value_pair
   key: (identifier) @_n
   value: (annotation
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.idempotent))))
 (#eq? @_n "annotations")
 (#eq? @_k "idempotentHint"))

((element_value_pair
   key: (identifier) @_n
   value: (annotation
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @tool.open_world))))
 (#eq? @_n "annotations")
 (#eq? @_k "openWorldHint"))

(method_declaration
  parameters: (formal_parameters
    (formal_parameter type: (_) @parameter.type name: (identifier) @parameter.name) @parameter)) @tool

((formal_parameter
   (modifiers (annotation
     name: (_) @_a
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @parameter.description))))) @parameter
 (#match? @_a "(^|\\.)((Mcp)?ToolParam|ToolArg)$")
 (#eq? @_k "description"))

((formal_parameter
   (modifiers (annotation
     name: (_) @_a
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @parameter.required))))) @parameter
 (#match? @_a "(^|\\.)((Mcp)?ToolParam|ToolArg)$")
 (#eq? @_k "required"))

((formal_parameter
   (modifiers (annotation
     name: (_) @_a
     arguments: (annotation_argument_list (element_value_pair key: (identifier) @_k value: (_) @parameter.label))))) @parameter
 (#match? @_a "(^|\\.)((Mcp)?ToolParam|ToolArg)$")
 (#eq? @_k "name"))

((formal_parameter (modifiers (marker_annotation name: (_) @parameter.optional)))
 (#match? @parameter.optional "(^|\\.)Nullable$"))

; The SDK itself: McpSchema.Tool.builder().name("…").description("…").inputSchema("…").build()
((method_invocation name: (identifier) @_b) @tool
 (#eq? @_b "build")
 (#set! method "java:builder")
 (#set! schema_elsewhere ""))

((method_invocation object: (_) @_o name: (identifier) @_b) @tool.mark
 (#match? @_o "(^|\\.)Tool$")
 (#eq? @_b "builder"))

((method_invocation object: (_) name: (identifier) @_n arguments: (argument_list . (_) @tool.name .))
 (#eq? @_n "name"))

((method_invocation object: (_) name: (identifier) @_n arguments: (argument_list . (_) @tool.title .))
 (#eq? @_n "title"))

((method_invocation object: (_) name: (identifier) @_n arguments: (argument_list . (_) @tool.description .))
 (#eq? @_n "description"))

((method_invocation object: (_) name: (identifier) @_n arguments: (argument_list . (_) @tool.schema .))
 (#eq? @_n "inputSchema"))

; new McpSchema.Tool("name", "description", "{…}")
((object_creation_expression
   type: (_) @_t
   arguments: (argument_list . (_) @tool.name . (_) @tool.description . (_) @tool.schema .)) @tool @tool.mark
 (#match? @_t "^McpSchema\\.Tool$")
 (#set! method "java:constructor"))

; Types and constants.
(record_declaration name: (identifier) @record.name) @record

(class_declaration name: (identifier) @record.name) @record

(record_declaration
  parameters: (formal_parameters
    (formal_parameter type: (_) @field.type name: (identifier) @field.name) @field))

(field_declaration type: (_) @field.type declarator: (variable_declarator name: (identifier) @field.name)) @field

(enum_declaration
  name: (identifier) @enum.name
  body: (enum_body (enum_constant name: (identifier) @enum.value))) @enum

(field_declaration
  declarator: (variable_declarator name: (identifier) @constant.name value: (_) @constant.value) @constant)
