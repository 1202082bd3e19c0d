using Tidings.Testing;

namespace Tidings.Postgres.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_face_is_the_one_that_was_reviewed() => Assert.Null(PublicApi.Complaint(typeof(PostgresEventLog).Assembly, "Tidings.Postgres"));
}
