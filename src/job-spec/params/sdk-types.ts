/**
 * The types of a request's params in the Anthropic SDK, written by `node scripts/params-types.mjs`: the
 * name of a type, and below it its fields or its alternatives. A line that is indented further continues the
 * one before. `{X}` is an object whose values are all of type X. `[key]` is any field without a line.
 * `Beta…` are types for requests with betas; one that equals the type without betas is left out.
 */
export const SDK_TYPES = `
Params
  stream?: false
  max_tokens: number
  messages: MessageParam[]
  model: string
  cache_control?: CacheControlEphemeral | null
  container?: MessageCreateParamsContainer | null
  diagnostics?: DiagnosticsParam | null
  inference_geo?: string | null
  metadata?: Metadata
  output_config?: OutputConfig
  service_tier?: 'auto' | 'standard_only'
  speed?: 'standard' | 'fast' | null
  stop_sequences?: string[]
  system?: string | TextBlockParam[]
  thinking?: ThinkingConfigParam
  tool_choice?: ToolChoice
  tools?: ToolUnion[]
  user_profile_id?: string
  workspace_id?: string
UserMessageParam
  content: MessageContentParam
  role: 'user'
TextBlockParam
  text: string
  type: 'text'
  cache_control?: CacheControlEphemeral | null
  citations?: TextCitationParam[] | null
CacheControlEphemeral
  type: 'ephemeral'
  ttl?: '5m' | '1h'
CitationCharLocationParam
  cited_text: string
  document_index: number
  document_title: string | null
  end_char_index: number
  start_char_index: number
  type: 'char_location'
CitationPageLocationParam
  cited_text: string
  document_index: number
  document_title: string | null
  end_page_number: number
  start_page_number: number
  type: 'page_location'
CitationContentBlockLocationParam
  cited_text: string
  document_index: number
  document_title: string | null
  end_block_index: number
  start_block_index: number
  type: 'content_block_location'
CitationWebSearchResultLocationParam
  cited_text: string
  encrypted_index: string
  title: string | null
  type: 'web_search_result_location'
  url: string
CitationSearchResultLocationParam
  cited_text: string
  end_block_index: number
  search_result_index: number
  source: string
  start_block_index: number
  title: string | null
  type: 'search_result_location'
TextCitationParam
  | CitationCharLocationParam
  | CitationPageLocationParam
  | CitationContentBlockLocationParam
  | CitationWebSearchResultLocationParam
  | CitationSearchResultLocationParam
ImageBlockParam
  source: Base64ImageSource | URLImageSource | FileImageSource
  type: 'image'
  cache_control?: CacheControlEphemeral | null
  transformations?: ImageTransformationsParam | null
Base64ImageSource
  data: string
  media_type: 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'
  type: 'base64'
URLImageSource
  type: 'url'
  url: string
FileImageSource
  file_id: string
  type: 'file'
ImageTransformationsParam
  oversized_image?: 'downsize' | 'error'
DocumentBlockParam
  source: Base64PDFSource | PlainTextSource | ContentBlockSource | URLPDFSource
    | FileDocumentSource
  type: 'document'
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam | null
  context?: string | null
  title?: string | null
Base64PDFSource
  data: string
  media_type: 'application/pdf'
  type: 'base64'
PlainTextSource
  data: string
  media_type: 'text/plain'
  type: 'text'
ContentBlockSource
  content: string | ContentBlockSourceContent[]
  type: 'content'
ContentBlockSourceContent
  | TextBlockParam
  | ImageBlockParam
URLPDFSource
  type: 'url'
  url: string
FileDocumentSource
  file_id: string
  type: 'file'
CitationsConfigParam
  enabled?: boolean
SearchResultBlockParam
  content: TextBlockParam[]
  source: string
  title: string
  type: 'search_result'
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam
ThinkingBlockParam
  signature: string
  thinking: string
  type: 'thinking'
RedactedThinkingBlockParam
  data: string
  type: 'redacted_thinking'
ToolUseBlockParam
  id: string
  input: unknown
  name: string
  type: 'tool_use'
  cache_control?: CacheControlEphemeral | null
  caller?: DirectCaller | ServerToolCaller | ServerToolCaller20260120
  toolset_name?: string | null
DirectCaller
  type: 'direct'
ServerToolCaller
  tool_id: string
  type: 'code_execution_20250825'
ServerToolCaller20260120
  tool_id: string
  type: 'code_execution_20260120'
ToolResultBlockParam
  tool_use_id: string
  type: 'tool_result'
  cache_control?: CacheControlEphemeral | null
  content?: string | (TextBlockParam | ImageBlockParam | SearchResultBlockParam
    | DocumentBlockParam | ToolReferenceBlockParam | BrowserStateBlockParam)[]
  is_error?: boolean
  toolset_name?: string | null
ToolReferenceBlockParam
  tool_name: string
  type: 'tool_reference'
  cache_control?: CacheControlEphemeral | null
BrowserStateBlockParam
  tabs: BrowserStateTabEntry[]
  type: 'browser_state'
  cache_control?: CacheControlEphemeral | null
  state_changes?: BrowserStateChange[] | null
BrowserStateTabEntry
  tab_id: string
  title: string
  url: string
  active?: boolean
BrowserStateChangeTabOpened
  tab_id: string
  type: 'tab_opened'
BrowserStateChangeDownloadStarted
  download_id: string
  type: 'download_started'
  url: string
BrowserStateChangeDownloadCompleted
  download_id: string
  type: 'download_completed'
  url: string
  path?: string | null
  size_bytes?: number | null
BrowserStateChangeDownloadFailed
  download_id: string
  type: 'download_failed'
  url: string
  error?: string | null
BrowserStateChange
  | BrowserStateChangeTabOpened
  | BrowserStateChangeDownloadStarted
  | BrowserStateChangeDownloadCompleted
  | BrowserStateChangeDownloadFailed
ServerToolUseBlockParam
  id: string
  input: unknown
  name: 'web_search' | 'web_fetch' | 'code_execution' | 'bash_code_execution'
    | 'text_editor_code_execution' | 'tool_search_tool_regex' | 'tool_search_tool_bm25'
  type: 'server_tool_use'
  cache_control?: CacheControlEphemeral | null
  caller?: DirectCaller | ServerToolCaller | ServerToolCaller20260120
WebSearchToolResultBlockParam
  content: WebSearchToolResultBlockParamContent
  tool_use_id: string
  type: 'web_search_tool_result'
  cache_control?: CacheControlEphemeral | null
  caller?: DirectCaller | ServerToolCaller | ServerToolCaller20260120
WebSearchResultBlockParam
  encrypted_content: string
  title: string
  type: 'web_search_result'
  url: string
  page_age?: string | null
WebSearchToolRequestErrorObject
  error_code: WebSearchToolResultErrorCode
  type: 'web_search_tool_result_error'
WebSearchToolResultErrorCode
  | 'invalid_tool_input'
  | 'unavailable'
  | 'max_uses_exceeded'
  | 'too_many_requests'
  | 'query_too_long'
  | 'request_too_large'
WebSearchToolResultBlockParamContent
  | WebSearchResultBlockParam[]
  | WebSearchToolRequestErrorObject
WebFetchToolResultBlockParam
  content: WebFetchToolResultErrorBlockParam | WebFetchBlockParam
  tool_use_id: string
  type: 'web_fetch_tool_result'
  cache_control?: CacheControlEphemeral | null
  caller?: DirectCaller | ServerToolCaller | ServerToolCaller20260120
WebFetchToolResultErrorBlockParam
  error_code: WebFetchToolResultErrorCode
  type: 'web_fetch_tool_result_error'
WebFetchToolResultErrorCode
  | 'invalid_tool_input'
  | 'url_too_long'
  | 'url_not_allowed'
  | 'url_not_in_prior_context'
  | 'url_not_accessible'
  | 'unsupported_content_type'
  | 'too_many_requests'
  | 'max_uses_exceeded'
  | 'unavailable'
  | 'content_too_large'
WebFetchBlockParam
  content: DocumentBlockParam
  type: 'web_fetch_result'
  url: string
  retrieved_at?: string | null
CodeExecutionToolResultBlockParam
  content: CodeExecutionToolResultBlockParamContent
  tool_use_id: string
  type: 'code_execution_tool_result'
  cache_control?: CacheControlEphemeral | null
CodeExecutionToolResultErrorParam
  error_code: CodeExecutionToolResultErrorCode
  type: 'code_execution_tool_result_error'
CodeExecutionToolResultErrorCode
  | 'invalid_tool_input'
  | 'unavailable'
  | 'too_many_requests'
  | 'execution_time_exceeded'
CodeExecutionResultBlockParam
  content: CodeExecutionOutputBlockParam[]
  return_code: number
  stderr: string
  stdout: string
  type: 'code_execution_result'
CodeExecutionOutputBlockParam
  file_id: string
  type: 'code_execution_output'
EncryptedCodeExecutionResultBlockParam
  content: CodeExecutionOutputBlockParam[]
  encrypted_stdout: string
  return_code: number
  stderr: string
  type: 'encrypted_code_execution_result'
CodeExecutionToolResultBlockParamContent
  | CodeExecutionToolResultErrorParam
  | CodeExecutionResultBlockParam
  | EncryptedCodeExecutionResultBlockParam
BashCodeExecutionToolResultBlockParam
  content: BashCodeExecutionToolResultErrorParam | BashCodeExecutionResultBlockParam
  tool_use_id: string
  type: 'bash_code_execution_tool_result'
  cache_control?: CacheControlEphemeral | null
BashCodeExecutionToolResultErrorParam
  error_code: BashCodeExecutionToolResultErrorCode
  type: 'bash_code_execution_tool_result_error'
BashCodeExecutionToolResultErrorCode
  | 'invalid_tool_input'
  | 'unavailable'
  | 'too_many_requests'
  | 'execution_time_exceeded'
  | 'output_file_too_large'
BashCodeExecutionResultBlockParam
  content: BashCodeExecutionOutputBlockParam[]
  return_code: number
  stderr: string
  stdout: string
  type: 'bash_code_execution_result'
BashCodeExecutionOutputBlockParam
  file_id: string
  type: 'bash_code_execution_output'
TextEditorCodeExecutionToolResultBlockParam
  content: TextEditorCodeExecutionToolResultErrorParam
    | TextEditorCodeExecutionViewResultBlockParam | TextEditorCodeExecutionCreateResultBlockParam
    | TextEditorCodeExecutionStrReplaceResultBlockParam
  tool_use_id: string
  type: 'text_editor_code_execution_tool_result'
  cache_control?: CacheControlEphemeral | null
TextEditorCodeExecutionToolResultErrorParam
  error_code: TextEditorCodeExecutionToolResultErrorCode
  type: 'text_editor_code_execution_tool_result_error'
  error_message?: string | null
TextEditorCodeExecutionToolResultErrorCode
  | 'invalid_tool_input'
  | 'unavailable'
  | 'too_many_requests'
  | 'execution_time_exceeded'
  | 'file_not_found'
TextEditorCodeExecutionViewResultBlockParam
  content: string
  file_type: 'text' | 'image' | 'pdf'
  type: 'text_editor_code_execution_view_result'
  num_lines?: number | null
  start_line?: number | null
  total_lines?: number | null
TextEditorCodeExecutionCreateResultBlockParam
  is_file_update: boolean
  type: 'text_editor_code_execution_create_result'
TextEditorCodeExecutionStrReplaceResultBlockParam
  type: 'text_editor_code_execution_str_replace_result'
  lines?: string[] | null
  new_lines?: number | null
  new_start?: number | null
  old_lines?: number | null
  old_start?: number | null
ToolSearchToolResultBlockParam
  content: ToolSearchToolResultErrorParam | ToolSearchToolSearchResultBlockParam
  tool_use_id: string
  type: 'tool_search_tool_result'
  cache_control?: CacheControlEphemeral | null
ToolSearchToolResultErrorParam
  error_code: ToolSearchToolResultErrorCode
  type: 'tool_search_tool_result_error'
  error_message?: string | null
ToolSearchToolResultErrorCode
  | 'invalid_tool_input'
  | 'unavailable'
  | 'too_many_requests'
  | 'execution_time_exceeded'
ToolSearchToolSearchResultBlockParam
  tool_references: ToolReferenceBlockParam[]
  type: 'tool_search_tool_search_result'
ContainerUploadBlockParam
  file_id: string
  type: 'container_upload'
  cache_control?: CacheControlEphemeral | null
ContentBlockParam
  | TextBlockParam
  | ImageBlockParam
  | DocumentBlockParam
  | SearchResultBlockParam
  | ThinkingBlockParam
  | RedactedThinkingBlockParam
  | ToolUseBlockParam
  | ToolResultBlockParam
  | ServerToolUseBlockParam
  | WebSearchToolResultBlockParam
  | WebFetchToolResultBlockParam
  | CodeExecutionToolResultBlockParam
  | BashCodeExecutionToolResultBlockParam
  | TextEditorCodeExecutionToolResultBlockParam
  | ToolSearchToolResultBlockParam
  | ContainerUploadBlockParam
MessageContentParam
  | string
  | ContentBlockParam[]
AssistantMessageParam
  content: MessageContentParam
  role: 'assistant'
SystemMessageParam
  content: string | TextBlockParam[]
  role: 'system'
MessageParam
  | UserMessageParam
  | AssistantMessageParam
  | SystemMessageParam
ContainerParams
  id?: string | null
  skills?: SkillParams[] | null
SkillParams
  skill_id: string
  type: 'anthropic' | 'custom'
  version?: string
MessageCreateParamsContainer
  | ContainerParams
  | string
DiagnosticsParam
  previous_message_id?: string | null
Metadata
  user_id?: string | null
OutputConfig
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null
  format?: JSONOutputFormat | null
JSONOutputFormat
  schema: {unknown}
  type: 'json_schema'
ThinkingConfigEnabled
  budget_tokens: number
  type: 'enabled'
  display?: 'summarized' | 'omitted' | null
ThinkingConfigDisabled
  type: 'disabled'
ThinkingConfigBetweenTools
  type: 'between_tools'
ThinkingConfigAdaptive
  type: 'adaptive'
  display?: 'summarized' | 'omitted' | null
ThinkingConfigParam
  | ThinkingConfigEnabled
  | ThinkingConfigDisabled
  | ThinkingConfigBetweenTools
  | ThinkingConfigAdaptive
ToolChoiceAuto
  type: 'auto'
  disable_parallel_tool_use?: boolean
ToolChoiceAny
  type: 'any'
  disable_parallel_tool_use?: boolean
ToolChoiceTool
  name: string
  type: 'tool'
  disable_parallel_tool_use?: boolean
ToolChoiceNone
  type: 'none'
ToolChoice
  | ToolChoiceAuto
  | ToolChoiceAny
  | ToolChoiceTool
  | ToolChoiceNone
Tool
  input_schema: ToolInputSchema
  name: string
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  description?: string
  eager_input_streaming?: boolean | null
  input_examples?: {unknown}[]
  strict?: boolean
  type?: 'custom' | null
ToolInputSchema
  type: 'object'
  properties?: unknown | null
  required?: string[] | null
  [key]: unknown
ToolBash20250124
  name: 'bash'
  type: 'bash_20250124'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
CodeExecutionTool20250522
  name: 'code_execution'
  type: 'code_execution_20250522'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  strict?: boolean
CodeExecutionTool20250825
  name: 'code_execution'
  type: 'code_execution_20250825'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  strict?: boolean
CodeExecutionTool20260120
  name: 'code_execution'
  type: 'code_execution_20260120'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  strict?: boolean
CodeExecutionTool20260521
  name: 'code_execution'
  type: 'code_execution_20260521'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  strict?: boolean
BrowserToolset20260801
  type: 'browser_toolset_20260801'
  cache_control?: CacheControlEphemeral | null
  configs?: BrowserToolsetConfigs | null
BrowserToolsetConfigs
  close_tab?: BrowserCloseTabConfig | null
  double_click?: BrowserDoubleClickConfig | null
  file_upload?: BrowserFileUploadConfig | null
  find?: BrowserFindConfig | null
  form_input?: BrowserFormInputConfig | null
  get_page_text?: BrowserGetPageTextConfig | null
  hold_key?: BrowserHoldKeyConfig | null
  hover?: BrowserHoverConfig | null
  javascript_exec?: BrowserJavascriptExecConfig | null
  key?: BrowserKeyConfig | null
  left_click?: BrowserLeftClickConfig | null
  left_click_drag?: BrowserLeftClickDragConfig | null
  left_mouse_down?: BrowserLeftMouseDownConfig | null
  left_mouse_up?: BrowserLeftMouseUpConfig | null
  list_tabs?: BrowserListTabsConfig | null
  middle_click?: BrowserMiddleClickConfig | null
  mouse_move?: BrowserMouseMoveConfig | null
  navigate?: BrowserNavigateConfig | null
  new_tab?: BrowserNewTabConfig | null
  read_console?: BrowserReadConsoleConfig | null
  read_network?: BrowserReadNetworkConfig | null
  read_page?: BrowserReadPageConfig | null
  right_click?: BrowserRightClickConfig | null
  screenshot?: BrowserScreenshotConfig | null
  scroll?: BrowserScrollConfig | null
  scroll_to?: BrowserScrollToConfig | null
  switch_tab?: BrowserSwitchTabConfig | null
  triple_click?: BrowserTripleClickConfig | null
  type?: BrowserTypeConfig | null
  wait?: BrowserWaitConfig | null
  zoom?: BrowserZoomConfig | null
BrowserCloseTabConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserDoubleClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserFileUploadConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserFindConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserFormInputConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserGetPageTextConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserHoldKeyConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserHoverConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserJavascriptExecConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserKeyConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserLeftClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserLeftClickDragConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserLeftMouseDownConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserLeftMouseUpConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserListTabsConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserMiddleClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserMouseMoveConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserNavigateConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserNewTabConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserReadConsoleConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserReadNetworkConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserReadPageConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserRightClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserScreenshotConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserScrollConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserScrollToConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserSwitchTabConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserTripleClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserTypeConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserWaitConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
BrowserZoomConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
MemoryTool20250818
  name: 'memory'
  type: 'memory_20250818'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
ComputerToolset20260801
  type: 'computer_toolset_20260801'
  cache_control?: CacheControlEphemeral | null
  configs?: ComputerToolsetConfigs | null
ComputerToolsetConfigs
  cursor_position?: ComputerCursorPositionConfig | null
  double_click?: ComputerDoubleClickConfig | null
  hold_key?: ComputerHoldKeyConfig | null
  key?: ComputerKeyConfig | null
  left_click?: ComputerLeftClickConfig | null
  left_click_drag?: ComputerLeftClickDragConfig | null
  left_mouse_down?: ComputerLeftMouseDownConfig | null
  left_mouse_up?: ComputerLeftMouseUpConfig | null
  middle_click?: ComputerMiddleClickConfig | null
  mouse_move?: ComputerMouseMoveConfig | null
  right_click?: ComputerRightClickConfig | null
  screenshot?: ComputerScreenshotConfig | null
  scroll?: ComputerScrollConfig | null
  triple_click?: ComputerTripleClickConfig | null
  type?: ComputerTypeConfig | null
  wait?: ComputerWaitConfig | null
  zoom?: ComputerZoomConfig | null
ComputerCursorPositionConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerDoubleClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerHoldKeyConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerKeyConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerLeftClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerLeftClickDragConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerLeftMouseDownConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerLeftMouseUpConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerMiddleClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerMouseMoveConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerRightClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerScreenshotConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerScrollConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerTripleClickConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerTypeConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerWaitConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ComputerZoomConfig
  defer_loading?: boolean | null
  enabled?: boolean | null
ToolTextEditor20250124
  name: 'str_replace_editor'
  type: 'text_editor_20250124'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
ToolTextEditor20250429
  name: 'str_replace_based_edit_tool'
  type: 'text_editor_20250429'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
ToolTextEditor20250728
  name: 'str_replace_based_edit_tool'
  type: 'text_editor_20250728'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  max_characters?: number | null
  strict?: boolean
WebSearchTool20250305
  name: 'web_search'
  type: 'web_search_20250305'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  max_uses?: number | null
  strict?: boolean
  user_location?: UserLocation | null
UserLocation
  type: 'approximate'
  city?: string | null
  country?: string | null
  region?: string | null
  timezone?: string | null
WebFetchTool20250910
  name: 'web_fetch'
  type: 'web_fetch_20250910'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam | null
  defer_loading?: boolean
  max_content_tokens?: number | null
  max_uses?: number | null
  strict?: boolean
  url_sources?: WebFetchURLSources | null
WebFetchURLSources
  client_tool_results?: WebFetchURLSourceAll | WebFetchURLSourceNone | WebFetchURLSourceOnly
    | WebFetchURLSourceExcept
  server_tool_results?: WebFetchURLSourceAll | WebFetchURLSourceNone | WebFetchURLSourceOnly
    | WebFetchURLSourceExcept
  user_input?: WebFetchURLSourceAll | WebFetchURLSourceNone
WebFetchURLSourceAll
  type: 'all'
WebFetchURLSourceNone
  type: 'none'
WebFetchURLSourceOnly
  tools: WebFetchURLSourceToolReference[]
  type: 'only'
WebFetchURLSourceToolReference
  name: string
  type: 'tool_reference'
WebFetchURLSourceExcept
  tools: WebFetchURLSourceToolReference[]
  type: 'except'
WebSearchTool20260209
  name: 'web_search'
  type: 'web_search_20260209'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  max_uses?: number | null
  strict?: boolean
  user_location?: UserLocation | null
WebFetchTool20260209
  name: 'web_fetch'
  type: 'web_fetch_20260209'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam | null
  defer_loading?: boolean
  max_content_tokens?: number | null
  max_uses?: number | null
  strict?: boolean
  url_sources?: WebFetchURLSources | null
WebFetchTool20260309
  name: 'web_fetch'
  type: 'web_fetch_20260309'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam | null
  defer_loading?: boolean
  max_content_tokens?: number | null
  max_uses?: number | null
  strict?: boolean
  url_sources?: WebFetchURLSources | null
  use_cache?: boolean
WebSearchTool20260318
  name: 'web_search'
  type: 'web_search_20260318'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  max_uses?: number | null
  response_inclusion?: 'full' | 'excluded'
  strict?: boolean
  user_location?: UserLocation | null
WebFetchTool20260318
  name: 'web_fetch'
  type: 'web_fetch_20260318'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  allowed_domains?: string[] | null
  blocked_domains?: string[] | null
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam | null
  defer_loading?: boolean
  max_content_tokens?: number | null
  max_uses?: number | null
  response_inclusion?: 'full' | 'excluded'
  strict?: boolean
  url_sources?: WebFetchURLSources | null
  use_cache?: boolean
ToolSearchToolBm25_20251119
  name: 'tool_search_tool_bm25'
  type: 'tool_search_tool_bm25_20251119' | 'tool_search_tool_bm25'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  strict?: boolean
ToolSearchToolRegex20251119
  name: 'tool_search_tool_regex'
  type: 'tool_search_tool_regex_20251119' | 'tool_search_tool_regex'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  strict?: boolean
ToolUnion
  | Tool
  | ToolBash20250124
  | CodeExecutionTool20250522
  | CodeExecutionTool20250825
  | CodeExecutionTool20260120
  | CodeExecutionTool20260521
  | BrowserToolset20260801
  | MemoryTool20250818
  | ComputerToolset20260801
  | ToolTextEditor20250124
  | ToolTextEditor20250429
  | ToolTextEditor20250728
  | WebSearchTool20250305
  | WebFetchTool20250910
  | WebSearchTool20260209
  | WebFetchTool20260209
  | WebFetchTool20260309
  | WebSearchTool20260318
  | WebFetchTool20260318
  | ToolSearchToolBm25_20251119
  | ToolSearchToolRegex20251119
BetaParams
  stream?: false
  max_tokens: number
  messages: BetaMessageParam[]
  model: string
  billing_policy?: BetaBillingPolicy | null
  cache_control?: CacheControlEphemeral | null
  compaction?: BetaCompactionConfig | null
  container?: ContainerParams | string | null
  context_management?: BetaContextManagementConfig | null
  diagnostics?: DiagnosticsParam | null
  fallback_credit_token?: string | BetaFallbackCreditTokenParam | null
  fallbacks?: BetaFallbacksParam | null
  inference_geo?: string | null
  mcp_servers?: BetaRequestMCPServerURLDefinition[]
  metadata?: Metadata
  output_config?: BetaOutputConfig
  output_format?: JSONOutputFormat | null
  service_tier?: 'auto' | 'standard_only'
  speed?: 'standard' | 'fast' | null
  stop_sequences?: string[]
  system?: string | TextBlockParam[]
  thinking?: BetaThinkingConfigParam
  thread?: BetaMessageThreadParam | null
  tool_choice?: ToolChoice
  tools?: BetaToolUnion[]
  betas?: string[]
  user_profile_id?: string
  workspace_id?: string
BetaUserMessageParam
  content: BetaMessageContentParam
  role: 'user'
BetaRequestDocumentBlock
  source: Base64PDFSource | PlainTextSource | ContentBlockSource | URLPDFSource
    | FileDocumentSource
  type: 'document'
  cache_control?: CacheControlEphemeral | null
  citations?: CitationsConfigParam | null
  context?: string | null
  title?: string | null
BetaToolResultBlockParam
  tool_use_id: string
  type: 'tool_result'
  cache_control?: CacheControlEphemeral | null
  content?: string | (TextBlockParam | ImageBlockParam | SearchResultBlockParam
    | BetaRequestDocumentBlock | ToolReferenceBlockParam | BrowserStateBlockParam)[]
  is_error?: boolean
  toolset_name?: string | null
BetaServerToolUseBlockParam
  id: string
  input: unknown
  name: 'advisor' | 'web_search' | 'web_fetch' | 'code_execution' | 'bash_code_execution'
    | 'text_editor_code_execution' | 'tool_search_tool_regex' | 'tool_search_tool_bm25'
  type: 'server_tool_use'
  cache_control?: CacheControlEphemeral | null
  caller?: DirectCaller | ServerToolCaller | ServerToolCaller20260120
BetaWebFetchToolResultBlockParam
  content: WebFetchToolResultErrorBlockParam | BetaWebFetchBlockParam
  tool_use_id: string
  type: 'web_fetch_tool_result'
  cache_control?: CacheControlEphemeral | null
  caller?: DirectCaller | ServerToolCaller | ServerToolCaller20260120
BetaWebFetchBlockParam
  content: BetaRequestDocumentBlock
  type: 'web_fetch_result'
  url: string
  retrieved_at?: string | null
BetaAdvisorToolResultBlockParam
  content: BetaAdvisorToolResultErrorParam | BetaAdvisorResultBlockParam
    | BetaAdvisorRedactedResultBlockParam
  tool_use_id: string
  type: 'advisor_tool_result'
  cache_control?: CacheControlEphemeral | null
BetaAdvisorToolResultErrorParam
  error_code: 'max_uses_exceeded' | 'prompt_too_long' | 'too_many_requests' | 'overloaded'
    | 'unavailable' | 'execution_time_exceeded' | 'model_not_found'
  type: 'advisor_tool_result_error'
BetaAdvisorResultBlockParam
  text: string
  type: 'advisor_result'
  stop_reason?: string | null
BetaAdvisorRedactedResultBlockParam
  encrypted_content: string
  type: 'advisor_redacted_result'
  stop_reason?: string | null
BetaBashCodeExecutionToolResultBlockParam
  content: BetaBashCodeExecutionToolResultErrorParam | BashCodeExecutionResultBlockParam
  tool_use_id: string
  type: 'bash_code_execution_tool_result'
  cache_control?: CacheControlEphemeral | null
BetaBashCodeExecutionToolResultErrorParam
  error_code: 'invalid_tool_input' | 'unavailable' | 'too_many_requests'
    | 'execution_time_exceeded' | 'output_file_too_large'
  type: 'bash_code_execution_tool_result_error'
BetaTextEditorCodeExecutionToolResultBlockParam
  content: BetaTextEditorCodeExecutionToolResultErrorParam
    | TextEditorCodeExecutionViewResultBlockParam | TextEditorCodeExecutionCreateResultBlockParam
    | TextEditorCodeExecutionStrReplaceResultBlockParam
  tool_use_id: string
  type: 'text_editor_code_execution_tool_result'
  cache_control?: CacheControlEphemeral | null
BetaTextEditorCodeExecutionToolResultErrorParam
  error_code: 'invalid_tool_input' | 'unavailable' | 'too_many_requests'
    | 'execution_time_exceeded' | 'file_not_found'
  type: 'text_editor_code_execution_tool_result_error'
  error_message?: string | null
BetaToolSearchToolResultBlockParam
  content: BetaToolSearchToolResultErrorParam | ToolSearchToolSearchResultBlockParam
  tool_use_id: string
  type: 'tool_search_tool_result'
  cache_control?: CacheControlEphemeral | null
BetaToolSearchToolResultErrorParam
  error_code: 'invalid_tool_input' | 'unavailable' | 'too_many_requests'
    | 'execution_time_exceeded'
  type: 'tool_search_tool_result_error'
  error_message?: string | null
BetaMCPToolUseBlockParam
  id: string
  input: unknown
  name: string
  server_name: string
  type: 'mcp_tool_use'
  cache_control?: CacheControlEphemeral | null
BetaRequestMCPToolResultBlockParam
  tool_use_id: string
  type: 'mcp_tool_result'
  cache_control?: CacheControlEphemeral | null
  content?: string | TextBlockParam[]
  is_error?: boolean
BetaCompactionBlockParam
  type: 'compaction'
  cache_control?: CacheControlEphemeral | null
  content?: string | null
  encrypted_content?: string | null
  signature?: string | null
  tool_changes?: (BetaRequestToolAdditionBlock | BetaRequestToolRemovalBlock)[] | null
BetaRequestToolAdditionBlock
  tool: BetaToolChangeToolReference | BetaToolChangeMCPToolReference
    | BetaToolChangeMCPToolsetReference | BetaToolChangeToolDefinitionParam
  type: 'tool_addition'
  cache_control?: CacheControlEphemeral | null
BetaToolChangeToolReference
  name: string
  type: 'tool_reference'
BetaToolChangeMCPToolReference
  name: string
  server_name: string
  type: 'mcp_tool_reference'
BetaToolChangeMCPToolsetReference
  server_name: string
  type: 'mcp_toolset_reference'
BetaToolChangeToolDefinitionParam
  definition: BetaToolUnion
  type: 'tool_definition'
BetaToolBash20241022
  name: 'bash'
  type: 'bash_20241022'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
BetaToolComputerUse20241022
  display_height_px: number
  display_width_px: number
  name: 'computer'
  type: 'computer_20241022'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  display_number?: number | null
  input_examples?: {unknown}[]
  strict?: boolean
BetaToolComputerUse20250124
  display_height_px: number
  display_width_px: number
  name: 'computer'
  type: 'computer_20250124'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  display_number?: number | null
  input_examples?: {unknown}[]
  strict?: boolean
BetaToolTextEditor20241022
  name: 'str_replace_editor'
  type: 'text_editor_20241022'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
BetaToolComputerUse20251124
  display_height_px: number
  display_width_px: number
  name: 'computer'
  type: 'computer_20251124'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  defer_loading?: boolean
  display_number?: number | null
  enable_zoom?: boolean
  input_examples?: {unknown}[]
  strict?: boolean
BetaAdvisorTool20260301
  model: string
  name: 'advisor'
  type: 'advisor_20260301'
  allowed_callers?: ('direct' | 'code_execution_20250825' | 'code_execution_20260120'
    | 'code_execution_20260521')[]
  cache_control?: CacheControlEphemeral | null
  caching?: CacheControlEphemeral | null
  defer_loading?: boolean
  max_tokens?: number | null
  max_uses?: number | null
  strict?: boolean
BetaMCPToolset
  mcp_server_name: string
  type: 'mcp_toolset'
  cache_control?: CacheControlEphemeral | null
  configs?: {BetaMCPToolConfig} | null
  default_config?: BetaMCPToolDefaultConfig
  tools?: BetaMCPToolParam[] | null
BetaMCPToolConfig
  defer_loading?: boolean
  enabled?: boolean
BetaMCPToolDefaultConfig
  defer_loading?: boolean
  enabled?: boolean
BetaMCPToolParam
  input_schema: {unknown}
  name: string
  description?: string | null
BetaToolUnion
  | Tool
  | BetaToolBash20241022
  | ToolBash20250124
  | CodeExecutionTool20250522
  | CodeExecutionTool20250825
  | CodeExecutionTool20260120
  | CodeExecutionTool20260521
  | BrowserToolset20260801
  | BetaToolComputerUse20241022
  | MemoryTool20250818
  | BetaToolComputerUse20250124
  | BetaToolTextEditor20241022
  | BetaToolComputerUse20251124
  | ComputerToolset20260801
  | ToolTextEditor20250124
  | ToolTextEditor20250429
  | ToolTextEditor20250728
  | WebSearchTool20250305
  | WebFetchTool20250910
  | WebSearchTool20260209
  | WebFetchTool20260209
  | WebFetchTool20260309
  | WebSearchTool20260318
  | WebFetchTool20260318
  | BetaAdvisorTool20260301
  | ToolSearchToolBm25_20251119
  | ToolSearchToolRegex20251119
  | BetaMCPToolset
BetaRequestToolRemovalBlock
  tool: BetaToolChangeToolReference | BetaToolChangeMCPToolReference
    | BetaToolChangeMCPToolsetReference
  type: 'tool_removal'
  cache_control?: CacheControlEphemeral | null
BetaMCPToolListingBlockParam
  mcp_server_name: string
  tools: BetaMCPToolParam[]
  type: 'mcp_tool_listing'
BetaFallbackBlockParam
  from: BetaFallbackInfoParam
  to: BetaFallbackInfoParam
  type: 'fallback'
  trigger?: unknown
BetaFallbackInfoParam
  model: string
BetaContentBlockParam
  | TextBlockParam
  | ImageBlockParam
  | BetaRequestDocumentBlock
  | SearchResultBlockParam
  | ThinkingBlockParam
  | RedactedThinkingBlockParam
  | ToolUseBlockParam
  | BetaToolResultBlockParam
  | BetaServerToolUseBlockParam
  | WebSearchToolResultBlockParam
  | BetaWebFetchToolResultBlockParam
  | BetaAdvisorToolResultBlockParam
  | CodeExecutionToolResultBlockParam
  | BetaBashCodeExecutionToolResultBlockParam
  | BetaTextEditorCodeExecutionToolResultBlockParam
  | BetaToolSearchToolResultBlockParam
  | BetaMCPToolUseBlockParam
  | BetaRequestMCPToolResultBlockParam
  | ContainerUploadBlockParam
  | BetaCompactionBlockParam
  | BetaRequestToolAdditionBlock
  | BetaRequestToolRemovalBlock
  | BetaMCPToolListingBlockParam
  | BetaFallbackBlockParam
BetaMessageContentParam
  | string
  | BetaContentBlockParam[]
BetaAssistantMessageParam
  content: BetaMessageContentParam
  role: 'assistant'
BetaSystemMessageParam
  role: 'system'
  clear_at?: 'next_user_message' | 'never' | null
  content?: string | (TextBlockParam | BetaRequestToolAdditionBlock
    | BetaRequestToolRemovalBlock)[]
  output_config?: BetaSystemMessageOutputConfig | null
BetaSystemMessageOutputConfig
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null
BetaMessageParam
  | BetaUserMessageParam
  | BetaAssistantMessageParam
  | BetaSystemMessageParam
BetaBillingPolicy
  type: 'billing_policy'
  bill_to?: BetaBillTo
BetaBillTo
  | 'self'
  | 'user_profile'
BetaCompactionConfig
  type: 'summarize'
  instructions?: string | null
BetaContextManagementConfig
  edits?: (BetaClearToolUses20250919Edit | BetaClearThinking20251015Edit
    | BetaCompact20260112Edit)[]
BetaClearToolUses20250919Edit
  type: 'clear_tool_uses_20250919'
  clear_at_least?: BetaInputTokensClearAtLeast | null
  clear_tool_inputs?: boolean | string[] | null
  exclude_tools?: string[] | null
  keep?: BetaToolUsesKeep
  trigger?: BetaInputTokensTrigger | BetaToolUsesTrigger
BetaInputTokensClearAtLeast
  type: 'input_tokens'
  value: number
BetaToolUsesKeep
  type: 'tool_uses'
  value: number
BetaInputTokensTrigger
  type: 'input_tokens'
  value: number
BetaToolUsesTrigger
  type: 'tool_uses'
  value: number
BetaClearThinking20251015Edit
  type: 'clear_thinking_20251015'
  keep?: BetaThinkingTurns | BetaAllThinkingTurns | 'all'
BetaThinkingTurns
  type: 'thinking_turns'
  value: number
BetaAllThinkingTurns
  type: 'all'
BetaCompact20260112Edit
  type: 'compact_20260112'
  instructions?: string | null
  pause_after_compaction?: boolean
  trigger?: BetaInputTokensTrigger | null
BetaFallbackCreditTokenParam
  token: string
  mode?: 'strict' | 'best_effort'
BetaFallbackParam
  model: string
  max_tokens?: number | null
  output_config?: BetaOutputConfig | null
  speed?: 'standard' | 'fast' | null
  thinking?: BetaThinkingConfigEnabled | ThinkingConfigDisabled | ThinkingConfigBetweenTools
    | BetaThinkingConfigAdaptive | null
  [key]: unknown
BetaOutputConfig
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null
  format?: JSONOutputFormat | null
  task_budget?: BetaTokenTaskBudget | null
BetaTokenTaskBudget
  total: number
  type: 'tokens'
  remaining?: number | null
BetaThinkingConfigEnabled
  budget_tokens: number
  type: 'enabled'
  block_binding?: BetaThinkingBlockBinding | null
  display?: 'summarized' | 'omitted' | 'updates' | null
BetaThinkingBlockBinding
  prefix_mismatch_behavior?: BetaThinkingPrefixMismatchBehavior | null
BetaThinkingPrefixMismatchBehavior
  | 'error'
  | 'drop_block'
BetaThinkingConfigAdaptive
  type: 'adaptive'
  block_binding?: BetaThinkingBlockBinding | null
  display?: 'summarized' | 'omitted' | 'updates' | null
BetaFallbacksParam
  | BetaFallbackParam[]
  | 'default'
BetaRequestMCPServerURLDefinition
  name: string
  type: 'url'
  url: string
  authorization_token?: string | null
  tool_configuration?: BetaRequestMCPServerToolConfiguration | null
BetaRequestMCPServerToolConfiguration
  allowed_tools?: string[] | null
  enabled?: boolean | null
BetaThinkingConfigParam
  | BetaThinkingConfigEnabled
  | ThinkingConfigDisabled
  | ThinkingConfigBetweenTools
  | BetaThinkingConfigAdaptive
BetaThreadCreateParams
  type: 'create'
BetaThreadContinueParams
  previous_message_id: string
  type: 'continue'
BetaMessageThreadParam
  | BetaThreadCreateParams
  | BetaThreadContinueParams
`;
