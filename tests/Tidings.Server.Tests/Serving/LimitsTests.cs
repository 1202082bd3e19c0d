using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings.Server.Tests.Serving;

public sealed class LimitsTests
{
    [Fact]
    public async Task The_server_keeps_no_more_of_a_response_than_one_slice_of_a_stream()
    {
        await using TestHub hub = await TestHub.StartAsync();

        Assert.Equal(16 * 1024, hub.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MaxResponseBufferSize);
    }
}
