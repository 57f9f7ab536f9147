// SPDX-License-Identifier: MIT
import type { PageComponent } from '../pages';
import { ActivityList } from './list';
import { Trace } from './trace';

const Page: PageComponent = ({ route }) => {
    const [request] = route.rest;
    return request ? <Trace key={request} request={request} /> : <ActivityList route={route} />;
};
export default Page;
