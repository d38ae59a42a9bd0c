// What node-quickbooks does with the emulator, as one JSON document on the standard output.
//
// The environment says where: QBO_URL (the emulator) and QBO_CONNECTION (the answer of POST /_emulator/connections).
// The library fixes its addresses in properties of its constructor, so these are set before anything is called.
'use strict'

const QuickBooks = require('node-quickbooks')

const url = process.env.QBO_URL
const connection = JSON.parse(process.env.QBO_CONNECTION)

QuickBooks.V3_ENDPOINT_BASE_URL = `${url}/v3/company/`
QuickBooks.TOKEN_URL = `${url}/oauth2/v1/tokens/bearer`
QuickBooks.REVOKE_URL = `${url}/v2/oauth2/tokens/revoke`

const qbo = new QuickBooks({
  consumerKey: connection.client_id,
  consumerSecret: connection.client_secret,
  token: connection.access_token,
  tokenSecret: false,
  realmId: connection.realm_id,
  useSandbox: true,
  debug: false,
  minorversion: 75,
  oauthversion: '2.0',
  refreshToken: connection.refresh_token
})

// One call of the library; a refusal becomes { fault: code, status } so that the test can look at it.
function call (method, ...given) {
  return new Promise((resolve) => {
    qbo[method](...given, (error, answer) => {
      if (!error) return resolve(answer)
      const body = error.response ? error.response.data : error
      const first = body && body.Fault ? body.Fault.Error[0].code : String(error.message || error)
      resolve({ fault: first, status: error.response ? error.response.status : null })
    })
  })
}

function line (item, quantity, price) {
  return {
    DetailType: 'SalesItemLineDetail',
    Amount: quantity * price,
    SalesItemLineDetail: { ItemRef: { value: item.Id }, Qty: quantity, UnitPrice: price }
  }
}

const steps = {
  async connect (seen) {
    seen.company = await call('getCompanyInfo', connection.realm_id)
    seen.preferences = await call('getPreferences')
    seen.refreshed = await call('refreshAccessToken')
    seen.after_refresh = await call('getCompanyInfo', connection.realm_id)
  },

  async query (seen) {
    seen.all = await call('findCustomers', { fetchAll: true, limit: 2, asc: 'DisplayName' })
    seen.counted = await call('findCustomers', { count: true })
    seen.quoted = await call('findCustomers', { DisplayName: "O'Malley's Grocery" })
    seen.like = await call('findCustomers', [{ field: 'DisplayName', value: 'S%', operator: 'LIKE' }])
    seen.in = await call('findItems', { Sku: ['TM-CLASSIC', 'DA-1LB'] })
    seen.newest = await call('findInvoices', [
      { field: 'MetaData.CreateTime', value: '2020-01-01T00:00:00-07:00', operator: '>' },
      { field: 'limit', value: 1 }, { desc: 'DocNumber' }
    ])
    seen.plain = await call('findItems', "where Type = 'NonInventory' startposition 2 maxresults 1")
    seen.wrong = await call('findCustomers', { Nonsense: 'x' })
  },

  async create (seen) {
    seen.customer = await call('createCustomer', { DisplayName: 'Node & Sons' })
    const item = (await call('findItems', { Sku: 'TM-CLASSIC' })).QueryResponse.Item[0]
    const body = () => ({
      CustomerRef: { value: seen.customer.Id }, DocNumber: 'N-1', requestId: 'node-once', Line: [line(item, 3, 6.5)]
    })
    seen.invoice = await call('createInvoice', body())
    seen.again = await call('createInvoice', body())
    seen.duplicate = await call('createInvoice', { ...body(), requestId: undefined })
    seen.allowed = await call('createInvoice', { ...body(), requestId: undefined, allowDuplicateDocNum: true })
    seen.read = await call('getInvoice', seen.invoice.Id)
    seen.missing = await call('getInvoice', '987654')
    seen.taken = await call('createCustomer', { DisplayName: 'Node & Sons' })
  },

  async update (seen) {
    const { Id, SyncToken } = seen.customer
    seen.changed = await call('updateCustomer', { Id, SyncToken, Notes: 'sparse by default' })
    seen.stale = await call('updateCustomer', { Id, SyncToken, Notes: 'too late' })
    seen.memo = await call('updateInvoice', { Id: seen.invoice.Id, SyncToken: '0', PrivateNote: 'from Node' })
  },

  async void (seen) {
    seen.payment = await call('createPayment', {
      CustomerRef: { value: seen.customer.Id },
      TotalAmt: 19.5,
      Line: [{ Amount: 19.5, LinkedTxn: [{ TxnId: seen.invoice.Id, TxnType: 'Invoice' }] }]
    })
    seen.paid = await call('getInvoice', seen.invoice.Id)
    seen.payment_voided = await call('voidPayment', { Id: seen.payment.Id, SyncToken: seen.payment.SyncToken })
    seen.open_again = await call('getInvoice', seen.invoice.Id)
    seen.voided = await call('voidInvoice', seen.invoice.Id)
    seen.deleted = await call('deleteInvoice', seen.allowed.Id)
    seen.gone = await call('getInvoice', seen.allowed.Id)
  },

  async batch (seen) {
    const items = [1, 2, 3].map((number) => (
      { bId: String(number), operation: 'create', Customer: { DisplayName: `Node batch ${number}` } }
    ))
    items.push({ bId: '4', operation: 'create', Customer: { DisplayName: 'Node & Sons' } })
    items.push({ bId: '5', Query: "select * from Customer where DisplayName = 'Saltbox Cafe'" })
    seen.batch = await call('batch', items)
    const payment = await call('createPayment', { CustomerRef: { value: seen.customer.Id }, TotalAmt: 5 })
    const { Id, SyncToken } = payment
    seen.batch_void = await call('batch', [
      { bId: '1', operation: 'update', optionsData: 'void', Payment: { Id, SyncToken, sparse: true } }
    ])
    seen.too_many = await call('batch', Array.from({ length: 31 }, (_, n) => ({ bId: String(n), Query: 'select * from Item' })))
  },

  async cdc (seen) {
    const since = new Date(Date.now() - 3600 * 1000)
    seen.cdc = await call('changeDataCapture', ['Customer', 'Vendor', 'Invoice', 'Estimate'], since)
  },

  async everything (seen) {
    seen.found = {}
    for (const entity of ['Accounts', 'Attachables', 'Bills', 'BillPayments', 'Classes', 'CompanyInfos', 'CompanyCurrencies',
      'CreditMemos', 'Customers', 'Departments', 'Deposits', 'Employees', 'Estimates', 'Invoices', 'Items', 'JournalEntries',
      'Payments', 'PaymentMethods', 'Preferenceses', 'Purchases', 'PurchaseOrders', 'RefundReceipts', 'SalesReceipts',
      'TaxAgencies', 'TaxCodes', 'TaxRates', 'Terms', 'TimeActivities', 'Transfers', 'Vendors', 'VendorCredits', 'ExchangeRates']) {
      const answer = await call(`find${entity}`, { limit: 10 })
      seen.found[entity] = answer.fault || Object.keys(answer.QueryResponse)
    }
    seen.service = await call('createTaxService', {
      TaxCode: 'Node district',
      TaxRateDetails: [{
        TaxRateName: 'Node city', RateValue: '2.5', TaxApplicableOn: 'Sales',
        TaxAgencyId: (await call('createTaxAgency', { DisplayName: 'Node agency' })).Id
      }]
    })
  },

  async upload (seen) {
    seen.uploaded = await call('upload', 'note.txt', 'text/plain', Buffer.from('from Node'), 'Invoice', seen.again.Id)
    seen.attached = await call('findAttachables', { FileName: 'note.txt' })
  },

  async documents (seen) {
    seen.sent = await call('sendInvoicePdf', seen.again.Id, 'pay@node.example')
    seen.pdf = (await call('getInvoicePdf', seen.again.Id)).slice(0, 5).toString()
  }
}

async function main () {
  const seen = {}
  for (const name of Object.keys(steps)) await steps[name](seen)
  process.stdout.write(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
