using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tidings.Browser.Tests.Hub;

/// <summary>The guide's example of data that the hub cannot read (Mercure, "Encryption").</summary>
public abstract class EncryptionTests(IBrowser browser) : BrowserTest(browser)
{
    private const string Topic = "https://example.com/users/alice";
    private const string Data = "only for Alice: …\n\u0000";

    private const string Encrypt =
        """
        async ([key, topic, data]) => {
          const publicKey = await crypto.subtle.importKey('spki', fromBase64Url(key), { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['encrypt']);
          return await encrypt(publicKey, topic, data);
        }
        """;

    [Fact]
    public async Task What_a_page_encrypts_reaches_another_through_the_hub_which_sees_none_of_it()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Window.GoToAsync(hub.OwnPage);
        await Window.DeclareAsync(GuideScript.Declaring("encrypt"));

        string[] passed = await Window.EvaluateAsync<string[]>(
            """
            async ([hub, token, topic, data]) => {
              const rsa = { name: 'RSA-OAEP', modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
              const { publicKey, privateKey } = await crypto.subtle.generateKey(rsa, false, ['encrypt', 'decrypt']);
              const arrived = new Promise(resolve => {
                new EventSource(`${hub}?${new URLSearchParams({ match: topic, last_event_id: 'earliest' })}`).onmessage = e => resolve(e.data);
              });
              await fetch(hub, {
                method: 'POST',
                headers: { Authorization: `Bearer ${token}` },
                body: new URLSearchParams({ topic, data: await encrypt(publicKey, topic, data) }),
              });
              const jwe = await arrived;
              const tried = async (topic, text, oldest) => { try { return await decrypt(privateKey, topic, text, oldest); } catch (e) { return e.name; } };
              return [
                jwe,
                await tried(topic, jwe, Date.now() - 60_000),
                await tried('https://example.com/users/bob', jwe, 0),
                await tried(topic, jwe, Date.now() + 60_000),
                await tried(topic, jwe.replace(/.(?=\.[^.]*$)/, c => c === 'A' ? 'Q' : 'A'), 0),
              ];
            }
            """,
            new[] { hub.Url, hub.Token("publish", "*"), Topic, Data });

        Assert.DoesNotContain("Alice", passed[0], StringComparison.Ordinal);
        Assert.Equal([Data, "Error", "Error", "OperationError"], passed[1..]);
    }

    // RFC 7516, 5.2, with the platform's own cryptography in place of the page's.
    [Fact]
    public async Task What_a_page_encrypts_is_JWE_as_others_read_it()
    {
        await using GuardedHub hub = await GuardedHub.StartAsync();
        await Window.GoToAsync(hub.OwnPage);
        await Window.DeclareAsync(GuideScript.Declaring("encrypt"));
        using var rsa = RSA.Create(3072);
        string jwe = await Window.EvaluateAsync<string>(Encrypt, new[] { Base64Url.EncodeToString(rsa.ExportSubjectPublicKeyInfo()), Topic, Data });

        byte[][] parts = [.. jwe.Split('.').Select(part => Base64Url.DecodeFromChars(part))];
        Assert.Equal("""{"alg":"RSA-OAEP-256","enc":"A256GCM"}""", Encoding.UTF8.GetString(parts[0]));
        byte[] text = new byte[parts[3].Length];
        using var aes = new AesGcm(rsa.Decrypt(parts[1], RSAEncryptionPadding.OaepSHA256), parts[4].Length);
        aes.Decrypt(parts[2], parts[3], parts[4], text, Encoding.ASCII.GetBytes(jwe.Split('.')[0]));
        Assert.Equal(Data, JsonElement.Parse(text).GetProperty("data").GetString());
    }

    public sealed class InChromium(Chromium chromium) : EncryptionTests(chromium);

    public sealed class InFirefox(Firefox firefox) : EncryptionTests(firefox);
}
