using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_face_is_the_one_that_was_reviewed() => Assert.Null(PublicApi.Complaint(typeof(SqliteEventLog).Assembly, "Tidings.Sqlite"));
}
