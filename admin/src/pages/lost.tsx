import { Link } from 'react-router';
import { Empty } from '../parts/shown.tsx';
import { Card, Page } from '../parts/page.tsx';

export function LostPage() {
  return (
    <Page title="Not found">
      <Card>
        <Empty title="There is no such page.">
          <Link to="/">To the overview</Link>
        </Empty>
      </Card>
    </Page>
  );
}
