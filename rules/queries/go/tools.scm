; mcp-go: mcp.NewTool("name", mcp.WithDescription("…"), mcp.WithString("q", mcp.Required()), …)
((call_expression
   function: [(identifier) @_f (selector_expression field: (field_identifier) @_f)]
   arguments: (argument_list . (_) @tool.name)) @tool @tool.mark
 (#eq? @_f "NewTool")
 (#set! method "go:new-tool"))

; mcp.NewToolWithRawSchema("name", "description", json.RawMessage(`{…}`))
((call_expression
   function: [(identifier) @_f (selector_expression field: (field_identifier) @_f)]
   arguments: (argument_list . (_) @tool.name . (_) @tool.description . (_) @tool.schema)) @tool @tool.mark
 (#eq? @_f "NewToolWithRawSchema")
 (#set! method "go:new-tool"))

; mcp.WithInputSchema[T](): the input is a type.
((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   type_arguments: (type_arguments . (_) @tool.input))
 (#eq? @_f "WithInputSchema"))

((call_expression
   function: (index_expression
     operand: (selector_expression field: (field_identifier) @_f)
     index: (_) @tool.input))
 (#eq? @_f "WithInputSchema"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @tool.description))
 (#eq? @_f "WithDescription"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @tool.annotation_title))
 (#eq? @_f "WithTitleAnnotation"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @tool.read_only))
 (#eq? @_f "WithReadOnlyHintAnnotation"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @tool.destructive))
 (#eq? @_f "WithDestructiveHintAnnotation"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @tool.idempotent))
 (#eq? @_f "WithIdempotentHintAnnotation"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @tool.open_world))
 (#eq? @_f "WithOpenWorldHintAnnotation"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.label)) @parameter
 (#eq? @_f "WithString")
 (#set! json_type "string")
 (#set! optional_unless_said ""))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.label)) @parameter
 (#eq? @_f "WithNumber")
 (#set! json_type "number")
 (#set! optional_unless_said ""))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.label)) @parameter
 (#eq? @_f "WithBoolean")
 (#set! json_type "boolean")
 (#set! optional_unless_said ""))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.label)) @parameter
 (#eq? @_f "WithArray")
 (#set! json_type "array")
 (#set! optional_unless_said ""))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.label)) @parameter
 (#eq? @_f "WithObject")
 (#set! json_type "object")
 (#set! optional_unless_said ""))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.label)) @parameter
 (#eq? @_f "WithAny")
 (#set! optional_unless_said ""))

((call_expression function: (selector_expression field: (field_identifier) @parameter.required))
 (#eq? @parameter.required "Required"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list . (_) @parameter.description))
 (#eq? @_f "Description"))

((call_expression
   function: (selector_expression field: (field_identifier) @_f)
   arguments: (argument_list (_) @parameter.choice))
 (#eq? @_f "Enum"))

; The official SDK: mcp.AddTool(server, &mcp.Tool{Name: "…", Description: "…"}, handler)
((composite_literal
   type: (qualified_type package: (package_identifier) @_p name: (type_identifier) @_t)
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.name)))) @tool @tool.mark
 (#match? @_p "mcp")
 (#eq? @_t "Tool")
 (#eq? @_k "Name")
 (#set! method "go:tool-literal")
 (#set! schema_elsewhere ""))

((composite_literal
   type: (qualified_type name: (type_identifier) @_t)
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.description)))) @tool
 (#eq? @_t "Tool")
 (#eq? @_k "Description"))

((composite_literal
   type: (qualified_type name: (type_identifier) @_t)
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.title)))) @tool
 (#eq? @_t "Tool")
 (#eq? @_k "Title"))

((composite_literal
   type: (qualified_type name: (type_identifier) @_t)
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.schema)))) @tool
 (#eq? @_t "Tool")
 (#eq? @_k "RawInputSchema"))

; A list of such literals: []mcp.Tool{{Name: "…"}, …}
((composite_literal
   type: (slice_type element: (qualified_type package: (package_identifier) @_p name: (type_identifier) @_t))
   body: (literal_value (literal_element (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.name))) @tool @tool.mark)))
 (#match? @_p "mcp")
 (#eq? @_t "Tool")
 (#eq? @_k "Name")
 (#set! method "go:tool-literal")
 (#set! schema_elsewhere ""))

((composite_literal
   type: (slice_type element: (qualified_type name: (type_identifier) @_t))
   body: (literal_value (literal_element (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.description))) @tool)))
 (#eq? @_t "Tool")
 (#eq? @_k "Description"))

; A schema as literals: mcp.ToolInputSchema{Properties: map[string]any{"q": map[string]any{"type": "string"}}}, and
; &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"q": {Type: "string"}}, Required: []string{"q"}}.
((composite_literal
   type: (qualified_type name: (type_identifier) @_t)
   body: (literal_value
     (keyed_element
       key: (literal_element (identifier) @_k)
       value: (literal_element (composite_literal body: (literal_value
         (keyed_element key: (literal_element (_) @parameter.label)) @parameter))))))
 (#match? @_t "^(ToolInputSchema|Schema)$")
 (#eq? @_k "Properties")
 (#set! optional_unless_said ""))

((composite_literal
   type: (qualified_type name: (type_identifier) @_t)
   body: (literal_value
     (keyed_element
       key: (literal_element (identifier) @_k)
       value: (literal_element (composite_literal body: (literal_value (literal_element (_) @tool.required)))))))
 (#match? @_t "^(ToolInputSchema|Schema)$")
 (#eq? @_k "Required"))

((keyed_element key: (literal_element (_) @_k) value: (literal_element (_) @parameter.json_type))
 (#match? @_k "^(\"type\"|Type)$"))

((keyed_element key: (literal_element (_) @_k) value: (literal_element (_) @parameter.description))
 (#match? @_k "^(\"description\"|Description)$"))

((composite_literal
   type: (_) @_t
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.annotation_title))))
 (#match? @_t "ToolAnnotations?$")
 (#eq? @_k "Title"))

((composite_literal
   type: (_) @_t
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.read_only))))
 (#match? @_t "ToolAnnotations?$")
 (#eq? @_k "ReadOnlyHint"))

((composite_literal
   type: (_) @_t
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.destructive))))
 (#match? @_t "ToolAnnotations?$")
 (#eq? @_k "DestructiveHint"))

((composite_literal
   type: (_) @_t
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.idempotent))))
 (#match? @_t "ToolAnnotations?$")
 (#eq? @_k "IdempotentHint"))

((composite_literal
   type: (_) @_t
   body: (literal_value
     (keyed_element key: (literal_element (identifier) @_k) value: (literal_element (_) @tool.open_world))))
 (#match? @_t "ToolAnnotations?$")
 (#eq? @_k "OpenWorldHint"))

; The handler, and with it the type of the input: its third parameter.
((call_expression
   function: [(identifier) @_f (selector_expression field: (field_identifier) @_f)]
   arguments: (argument_list
     (unary_expression operand: (composite_literal) @tool) . [(identifier) (selector_expression)] @tool.handler))
 (#eq? @_f "AddTool"))

((call_expression
   function: [(identifier) @_f (selector_expression field: (field_identifier) @_f)]
   arguments: (argument_list
     (unary_expression operand: (composite_literal) @tool) .
     (func_literal parameters: (parameter_list
       . (parameter_declaration) . (parameter_declaration) . (parameter_declaration type: (_) @tool.input)))))
 (#eq? @_f "AddTool"))

(function_declaration
  name: (identifier) @function.name
  parameters: (parameter_list
    . (parameter_declaration) . (parameter_declaration) . (parameter_declaration type: (_) @function.input))) @function

(method_declaration
  name: (field_identifier) @function.name
  parameters: (parameter_list
    . (parameter_declaration) . (parameter_declaration) . (parameter_declaration type: (_) @function.input))) @function

; Types and constants.
(type_spec name: (type_identifier) @record.name type: (struct_type)) @record

(field_declaration name: (field_identifier) @field.name type: (_) @field.type tag: (_)? @field.tag) @field

(const_spec name: (identifier) @constant.name value: (expression_list . (_) @constant.value)) @constant

(var_spec name: (identifier) @constant.name value: (expression_list . (_) @constant.value)) @constant
