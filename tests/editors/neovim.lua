-- Opens a description and a rule file, and looks at what the server says of them. Works from 0.7 on.
local estate = os.getenv("FAILBACK_ESTATE")
local function say(...) io.stdout:write(table.concat({ ... }, " ") .. "\n") end
local function fail(text) say("FAILS:", text) vim.cmd("cquit 1") end
local function expect(holds, text) if holds then say("ok:", text) else fail(text) end end

local published = {}
local handler = vim.lsp.handlers["textDocument/publishDiagnostics"]
vim.lsp.handlers["textDocument/publishDiagnostics"] = function(...)
  local first, second = ...
  local result = type(second) == "table" and second or first
  if type(result) == "table" and result.uri then published[result.uri] = (published[result.uri] or 0) + 1 end
  return handler(...)
end
local verdicts = {}
vim.lsp.handlers["failback/verdict"] = function(_, result) verdicts[result.uri] = result end

local id = vim.lsp.start_client({
  name = "failback", cmd = { os.getenv("FAILBACK_SERVER"), "lsp" }, root_dir = estate,
  workspace_folders = { { uri = vim.uri_from_fname(estate), name = "estate" } },
  init_options = { verdicts = true },
})
expect(id, "the server starts")
local client = vim.lsp.get_client_by_id(id)

local function open(path, filetype)
  vim.cmd("edit " .. estate .. "/" .. path)
  vim.bo.filetype = filetype
  vim.lsp.buf_attach_client(0, id)
  local uri = vim.uri_from_bufnr(0)
  if not vim.wait(20000, function() return (published[uri] or 0) > 0 end, 20) then fail("no diagnostics for " .. path) end
  return uri
end
local function codes()
  local all = {}
  for _, told in ipairs(vim.diagnostic.get(0)) do
    local raw = (told.user_data and told.user_data.lsp) or {}
    table.insert(all, tostring(told.code or raw.code))
  end
  table.sort(all)
  return table.concat(all, " ")
end
local function request(method, params)
  params.textDocument = { uri = vim.uri_from_bufnr(0) }
  local answer
  client.request(method, params, function(a, b) answer = { a, b } end, 0)
  vim.wait(20000, function() return answer ~= nil end, 10)
  return answer and (type(answer[2]) == "table" and answer[2] or nil)
end
local function until_codes(wanted, text)
  vim.wait(20000, function() return codes() == wanted end, 20)
  expect(codes() == wanted, text .. ": " .. codes())
end
local function replace(from, to)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
    local at = line:find(from, 1, true)
    if at then
      vim.api.nvim_buf_set_lines(0, number - 1, number, true, { line:sub(1, at - 1) .. to .. line:sub(at + #from) })
      return number - 1, at - 1
    end
  end
  fail("no line has " .. from)
end

-- A description.
local uri = open("first-failback/site.yaml", "yaml")
until_codes("AGT-001 GRP-002 MT-001 MT-006 VC-002 VM-020 VM-024", "the findings of `check`")
vim.wait(5000, function() return verdicts[uri] ~= nil end, 10)
expect(verdicts[uri] and verdicts[uri].verdict == "closed", "the verdict: " .. (verdicts[uri] and verdicts[uri].summary or "none"))
local line = replace("    snapshots:", "    snapshots: []")
vim.api.nvim_buf_set_lines(0, line + 1, line + 2, true, {})
until_codes("AGT-001 GRP-002 MT-006 VC-002 VM-020 VM-024", "without the snapshot MT-001 is gone")
expect(vim.bo.modified, "the file is not saved")
local lens = request("textDocument/codeLens", {})
expect(lens and #lens == 1 and lens[1].command.title:find("closed"), "one lens: " .. (lens and lens[1].command.title or ""))

-- A question with words is answered.
local asked = open("win-4003/site.yaml", "yaml")

local taken
for _, told in ipairs(vim.diagnostic.get(0)) do
  local place = { line = told.lnum, character = told.col }
  local actions = request("textDocument/codeAction", { range = { start = place, ["end"] = place }, context = { diagnostics = {} } })
  for _, action in ipairs(actions or {}) do
    if action.title:find("^Answer") and not taken then
      taken = action.title
      local now = published[asked]
      vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      vim.wait(20000, function() return published[asked] > now end, 10)
    end
  end
end
expect(taken, "an answer is offered and taken: " .. tostring(taken))


-- Rules.
local rules = open("rules/classic/vcenter.gate", "gate")
until_codes("", "nothing is wrong with the shipped rules")
local row, column = replace("require vc.state", "require vc.stat")
until_codes("unknown-field", "a misspelt field")
local place = { line = row, character = column + 12 }
local fixes = request("textDocument/codeAction", { range = { start = place, ["end"] = place }, context = { diagnostics = {} } })
expect(fixes and #fixes == 1 and fixes[1].title == "Change `stat` to `state`", "one correction")
vim.lsp.util.apply_workspace_edit(fixes[1].edit, client.offset_encoding)
until_codes("", "it is right again")
local hover = request("textDocument/hover", { position = place })
expect(hover and hover.contents.value:find("VCenter.state: "), "hover with its type")
local found = request("textDocument/definition", { position = place })
expect(found and #found == 1 and found[1].uri:find("%.gate$"), "its declaration: " .. (found and found[1].uri:match("[^/]*$") or ""))
local renamed = request("textDocument/rename", { position = place, newName = "status" })
local files = 0
for _ in pairs((renamed or {}).changes or {}) do files = files + 1 end
expect(files > 1, "a rename over " .. files .. " files")
local items = request("textDocument/completion", { position = { line = row, character = column + 11 } })
expect(items and #items.items > 3, "completion of fields")
local tokens = request("textDocument/semanticTokens/full", {})
expect(tokens and #tokens.data > 500, "colours")
expect(request("textDocument/formatting", { options = { tabSize = 2, insertSpaces = true } }) == nil, "laid out already")

client.stop()
vim.wait(2000, function() return client.is_stopped() end, 20)
expect(client.is_stopped(), "it stops")
vim.cmd("qall!")
