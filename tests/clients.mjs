// Calls the local stack with Supabase's own clients: node clients.mjs URL ANON_KEY SERVICE_KEY. Prints one
// line for each step, name and result, which clients.test compares with what is expected.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../stack/', import.meta.url))
const { StorageClient } = require('@supabase/storage-js')
const { PostgrestClient } = require('@supabase/postgrest-js')
const [url, anonKey, serviceKey] = process.argv.slice(2)

const headers = (key) => ({ apikey: key, Authorization: `Bearer ${key}` })
const anon = new StorageClient(`${url}/storage/v1`, headers(anonKey))
const service = new StorageClient(`${url}/storage/v1`, headers(serviceKey))

const show = (name, value) => console.log(name, JSON.stringify(value))
const outcome = ({ data, error }, pick) => (error ? { error: error.message } : pick(data))
const text = async (blob) => blob && (await blob.text())

// ---- storage-js

show('createBucket', outcome(await service.createBucket('clients', { public: true, fileSizeLimit: 1000 }), (b) => b.name))
show('createBucket-again', outcome(await service.createBucket('clients'), (b) => b.name))
show('createBucket-private', outcome(await service.createBucket('clients-private', { public: false }), (b) => b.name))
show('getBucket', outcome(await service.getBucket('clients'), (b) => [b.id, b.name, b.public, b.file_size_limit]))
show('listBuckets', outcome(await service.listBuckets(), (list) => list.map((b) => b.name).filter((n) => n.startsWith('clients'))))
show('listBuckets-anon', outcome(await anon.listBuckets(), (list) => list.map((b) => b.name).filter((n) => n.startsWith('clients'))))
show('updateBucket', outcome(await service.updateBucket('clients', { public: true, fileSizeLimit: 50 }), () => 'ok'))

const files = service.from('clients')
show('upload-blob', outcome(await files.upload('dir/a.txt', new Blob(['hello'], { type: 'text/plain' })), (d) => d.path))
show('upload-again', outcome(await files.upload('dir/a.txt', new Blob(['again'])), (d) => d.path))
show('upload-upsert', outcome(await files.upload('dir/a.txt', new Blob(['second'], { type: 'text/x' }), { upsert: true }), (d) => d.path))
show('upload-buffer', outcome(await files.upload('dir/ü 1.bin', Buffer.from([0, 1, 255]), { contentType: 'application/x' }), (d) => d.path))
show('upload-too-large', outcome(await files.upload('dir/large', Buffer.alloc(51)), (d) => d.path))
show('update', outcome(await files.update('dir/a.txt', Buffer.from('third'), { contentType: 'text/plain' }), (d) => d.path))
show('download', await outcome(await files.download('dir/a.txt'), text))
show('download-bytes', await outcome(await files.download('dir/ü 1.bin'), async (b) => [b.type, [...new Uint8Array(await b.arrayBuffer())]]))
show('download-missing', (await files.download('dir/none')).error !== null)
show('list', outcome(await files.list('dir'), (list) => list.map((f) => [f.name, f.metadata.size, f.metadata.mimetype])))
show('list-sorted', outcome(await files.list('dir', { limit: 1, offset: 1, sortBy: { column: 'name', order: 'desc' } }), (list) => list.map((f) => f.name)))
show('copy', outcome(await files.copy('dir/a.txt', 'copied.txt'), () => 'ok'))
show('move', outcome(await files.move('copied.txt', 'moved.txt'), () => 'ok'))
show('exists', [(await files.exists('moved.txt')).data, (await files.exists('copied.txt')).data])

const signed = await files.createSignedUrl('dir/a.txt', 60)
show('createSignedUrl', await outcome(signed, async (d) => (await fetch(d.signedUrl)).text()))
show('createSignedUrls', outcome(await files.createSignedUrls(['dir/a.txt', 'none'], 60), (list) => list.map((u) => [u.path, u.error, u.signedUrl !== null])))
const target = await files.createSignedUploadUrl('signed.txt')
show('uploadToSignedUrl', outcome(await anon.from('clients').uploadToSignedUrl('signed.txt', target.data.token, new Blob(['by url'], { type: 'text/plain' })), (d) => d.path))
show('getPublicUrl', await (await fetch(files.getPublicUrl('signed.txt').data.publicUrl)).text())
show('anon-private', (await anon.from('clients-private').upload('x', Buffer.from('x'))).error?.message)
show('remove', outcome(await files.remove(['dir/a.txt', 'dir/ü 1.bin', 'none']), (list) => list.map((f) => f.name).sort()))
show('deleteBucket-full', outcome(await service.deleteBucket('clients'), () => 'ok'))
show('emptyBucket', outcome(await service.emptyBucket('clients'), () => 'ok'))
show('deleteBucket', outcome(await service.deleteBucket('clients'), () => 'ok'))
show('deleteBucket-private', outcome(await service.deleteBucket('clients-private'), () => 'ok'))
show('signed-after', (await fetch(signed.data.signedUrl)).status)

// ---- postgrest-js

const rest = new PostgrestClient(`${url}/rest/v1`, { headers: headers(serviceKey) })
show('insert', outcome(await rest.from('clients_rows').insert([{ id: 1, name: 'a' }, { id: 2, name: 'b' }]).select(), (rows) => rows))
show('select', outcome(await rest.from('clients_rows').select('name').gte('id', 2), (rows) => rows))
show('update-rows', outcome(await rest.from('clients_rows').update({ name: 'c' }).eq('id', 1).select('name'), (rows) => rows))
show('count', (await rest.from('clients_rows').select('*', { count: 'exact', head: true })).count)
show('delete-rows', outcome(await rest.from('clients_rows').delete().eq('id', 2).select('id'), (rows) => rows))
